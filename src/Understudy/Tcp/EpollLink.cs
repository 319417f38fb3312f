using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace Understudy.Tcp;

/// <summary>A link that an <see cref="EpollThread"/> serves: it alone closes, reads or writes its sockets.</summary>
internal sealed class EpollLink : TcpLink
{
    private readonly EpollThread _thread;
    private readonly Socket _client;
    private Socket? _backend;
    private Action<string?>? _connected;
    private Action? _ended;
    private EpollDirection? _up;
    private EpollDirection? _down;
    private int _clientSlot;
    private int _backendSlot;
    private bool _isClosed;

    public EpollLink(EpollThread thread, Socket client)
    {
        (_thread, _client) = (thread, client);
        client.Blocking = false;
        Prepare(client);
    }

    public override void Connect(IPEndPoint to, Action<string?> done)
    {
        Socket backend;
        try
        {
            backend = CreateBackend(to);
        }
        catch (SocketException e)
        {
            done(e.Message); // There are too many open files.
            return;
        }

        backend.Blocking = false;
        var address = to.Serialize();
        var isRefused = EpollCalls.Connect((int)backend.Handle, ref address.Buffer.Span[0], address.Size) < 0
            && EpollCalls.LastError != EpollCalls.InProgress;
        var error = isRefused ? new Win32Exception(EpollCalls.LastError).Message : null;
        _thread.Do(() => Begin(backend, error, done));
    }

    public override void Splice(Action ended) => _thread.Do(() => Begin(ended));

    public override void Abort() => _thread.Do(() => Close(isReset: true));

    /// <summary>On the thread: something happened at one of the two sockets.</summary>
    public void Take(int slot, uint events)
    {
        if (_isClosed) return;
        var isBroken = (events & EpollCalls.Error) != 0;
        if (_connected is not null && slot == _backendSlot)
        {
            var isRefused = isBroken || (events & EpollCalls.HangUp) != 0;
            (var connected, _connected) = (_connected, null);
            connected(isRefused ? WhyRefused() : null);
            return;
        }

        if (_up is null) return; // It is looked at when it is spliced.
        if (isBroken)
        {
            Close(isReset: true);
            return;
        }

        var (reads, writes) = slot == _clientSlot ? (_up, _down!) : (_down!, _up);
        const uint Readable = EpollCalls.In | EpollCalls.PeerEnded | EpollCalls.HangUp;
        if ((events & EpollCalls.Out) != 0 && writes.HasRest) Carry(writes, isExhaustive: true);
        if ((events & Readable) != 0) Carry(reads, (events & (EpollCalls.PeerEnded | EpollCalls.HangUp)) != 0);
    }

    private void Begin(Socket backend, string? error, Action<string?> done)
    {
        if (_isClosed)
        {
            backend.Close(timeout: 0);
            return;
        }

        CloseBackend();
        _backend = backend;
        if (error is not null)
        {
            done(error);
            return;
        }

        _connected = done;
        _backendSlot = _thread.Watch((int)backend.Handle, this);
    }

    private void Begin(Action ended)
    {
        if (_isClosed) return;
        _ended = ended;
        var (client, backend) = ((int)_client.Handle, (int)_backend!.Handle);
        (_up, _down) = (new EpollDirection(client, backend), new EpollDirection(backend, client));
        _clientSlot = _thread.Watch(client, this); // It tells at once what the client has sent already.
        Carry(_down, isExhaustive: true); // What the backend has said was told before.
    }

    private void Carry(EpollDirection direction, bool isExhaustive)
    {
        if (_isClosed) return;
        switch (direction.Carry(_thread.Buffer, isExhaustive))
        {
            case EpollDirection.Outcome.HasMore: _thread.Later(() => Carry(direction, isExhaustive: true)); break;
            case EpollDirection.Outcome.Broken: Close(isReset: true); break;
            case EpollDirection.Outcome.Ended when _up!.HasEnded && _down!.HasEnded: Close(isReset: false); break;
            default: break;
        }
    }

    private void Close(bool isReset)
    {
        if (_isClosed) return;
        _isClosed = true;
        _up?.Drop();
        _down?.Drop();
        if (_clientSlot > 0) _thread.Forget(_clientSlot);
        _client.Close(isReset ? 0 : -1);
        if (!isReset) _backend?.Close();
        CloseBackend();
        _ended?.Invoke();
    }

    private void CloseBackend()
    {
        if (_backendSlot > 0) _thread.Forget(_backendSlot);
        _backendSlot = 0;
        _connected = null;
        _backend?.Close(timeout: 0);
        _backend = null;
    }

    private string WhyRefused() =>
        _backend!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error
            ? new SocketException(error).Message
            : "it cannot be reached";
}
