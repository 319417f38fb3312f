using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Understudy.Tcp;

/// <summary>
/// One thread that carries bytes for many links, told by the Linux kernel which of them has some: no thread is woken
/// for another, and one buffer serves all.
/// </summary>
internal sealed class EpollThread : IDisposable
{
    private const int MaxEvents = 256;
    private const int BufferBytes = 128 * 1024;
    private const uint All = EpollCalls.In | EpollCalls.Out | EpollCalls.PeerEnded | EpollCalls.EdgeTriggered;

    private readonly Action<Exception> _fail;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly ConcurrentQueue<Action> _orders = new();
    private readonly Queue<Action> _later = new();
    private readonly List<EpollLink?> _slots = [null]; // The first is the wake event's.
    private readonly Stack<int> _free = new();
    private readonly Thread _thread;
    private int _isWoken;
    private volatile bool _isDisposed;

    /// <param name="fail">Ends the process: an invariant is broken.</param>
    /// <exception cref="IOException">The system gives no more open files.</exception>
    public EpollThread(Action<Exception> fail)
    {
        _fail = fail;
        _epoll = Check(EpollCalls.Create(EpollCalls.CloseOnExecute));
        _wake = Check(EpollCalls.CreateEvent(0, EpollCalls.CloseOnExecute | EpollCalls.NonBlocking));
        Add(_wake, 0, EpollCalls.In | EpollCalls.EdgeTriggered);
        _thread = new Thread(Run) { Name = "tcp", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether this system has what it needs.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>For whoever runs on this thread, until it returns.</summary>
    public byte[] Buffer { get; } = new byte[BufferBytes];

    /// <summary>Has something done on this thread, after what was asked for before.</summary>
    public void Do(Action order)
    {
        _orders.Enqueue(order);
        if (Interlocked.Exchange(ref _isWoken, 1) != 0) return;
        long one = 1;
        _ = EpollCalls.Write(_wake, ref one, sizeof(long));
    }

    /// <summary>On this thread: has something done after the others had their turn.</summary>
    public void Later(Action order) => _later.Enqueue(order);

    /// <summary>On this thread: tells the link what happens at a socket, beginning with what it has already.</summary>
    /// <returns>The socket's number here; greater than 0.</returns>
    public int Watch(int socket, EpollLink link)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }

        _slots[slot] = link;
        Add(socket, slot, All);
        return slot;
    }

    /// <summary>On this thread: the socket is about to be closed.</summary>
    public void Forget(int slot)
    {
        _slots[slot] = null;

        // Not before the events that are known by now have been told: one of them may be its own.
        _later.Enqueue(() => _free.Push(slot));
    }

    /// <summary>Does what was asked for before, and ends.</summary>
    public void Dispose()
    {
        Do(() => _isDisposed = true);
        _thread.Join();
        _ = EpollCalls.Close(_wake);
        _ = EpollCalls.Close(_epoll);
    }

    private void Run()
    {
        try
        {
            var events = new byte[MaxEvents * EpollCalls.EventBytes];
            while (!_isDisposed)
            {
                var count = EpollCalls.Wait(_epoll, ref events[0], MaxEvents, _later.Count > 0 ? 0 : -1);
                if (count < 0 && EpollCalls.LastError != EpollCalls.Interrupted) Check(count);
                for (var i = 0; i < count; i++) Take(events.AsSpan(i * EpollCalls.EventBytes, EpollCalls.EventBytes));
                for (var due = _later.Count; due > 0; due--) _later.Dequeue()();
                TakeOrders();
            }
        }
#pragma warning disable CA1031 // Whatever it is, connections may be mixed up: the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fail(e);
        }
    }

    private void Take(ReadOnlySpan<byte> happened)
    {
        var slot = (int)MemoryMarshal.Read<long>(happened[EpollCalls.DataOffset..]);
        _slots[slot]?.Take(slot, MemoryMarshal.Read<uint>(happened));
    }

    private void TakeOrders()
    {
        if (Volatile.Read(ref _isWoken) == 0) return;
        long count = 0;
        _ = EpollCalls.Read(_wake, ref count, sizeof(long));
        Interlocked.Exchange(ref _isWoken, 0); // Whatever is asked for from now on wakes it again.
        while (_orders.TryDequeue(out var order)) order();
    }

    private void Add(int file, int slot, uint events)
    {
        Span<byte> wanted = stackalloc byte[EpollCalls.EventBytes];
        MemoryMarshal.Write(wanted, events);
        MemoryMarshal.Write(wanted[EpollCalls.DataOffset..], (long)slot);
        Check(EpollCalls.Control(_epoll, EpollCalls.Add, file, ref wanted[0]));
    }

    private static int Check(int result) => result >= 0
        ? result
        : throw new IOException(new Win32Exception(EpollCalls.LastError).Message);
}
