using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Tcp;
using static Understudy.Tests.Tcp.ForwarderFixture;

namespace Understudy.Tests.Tcp;

/// <summary>Real sockets on loopback.</summary>
public abstract class TcpForwarderTests(bool isPortable)
{
    private const int Many = 1000;
    private static readonly TcpBounds _bounds = new(TimeSpan.FromMinutes(1), 1000, 10_000, TimeSpan.Zero);

    [Fact]
    public async Task Bytes_go_both_ways_whole_and_in_order()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);
        var sent = RandomNumberGenerator.GetBytes(20_000_000);

        var there = HashAsync(server, sent.Length);
        var back = HashAsync(client, sent.Length);
        await Task.WhenAll(client.SendAsync(sent), server.SendAsync(sent)).WaitAsync(Backend.Patience);
        (await there).ShouldBe(SHA256.HashData(sent));
        (await back).ShouldBe(SHA256.HashData(sent));
    }

    [Fact]
    public async Task A_side_that_has_sent_everything_still_receives()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);

        await CarriesAsync(client, server, "question");
        client.Shutdown(SocketShutdown.Send);
        (await ReadAsync(server, 1)).ShouldBe("", "the end is passed on");
        await CarriesAsync(server, client, "answer");
        server.Shutdown(SocketShutdown.Send);
        (await ReadAsync(client, 1)).ShouldBe("");
        await fixture.UntilAsync(open: 0, held: 0);
    }

    [Fact]
    public async Task The_backend_may_end_its_side_first()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);

        server.Shutdown(SocketShutdown.Send);
        (await ReadAsync(client, 1)).ShouldBe("");
        await CarriesAsync(client, server);
        client.Shutdown(SocketShutdown.Send);
        (await ReadAsync(server, 1)).ShouldBe("");
        await fixture.UntilAsync(open: 0, held: 0);
    }

    [Fact]
    public async Task A_reset_is_passed_on_as_a_reset_either_way()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);
        client.Close(timeout: 0);
        await IsResetAsync(server);

        (client, server) = await fixture.OpenAsync(fixture.First);
        server.Close(timeout: 0);
        await IsResetAsync(client);
        await fixture.UntilAsync(open: 0, held: 0);
    }

    [Fact]
    public async Task Held_connections_are_served_in_the_order_in_which_they_came_with_what_they_have_sent()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        const int Held = 200;
        for (var i = 0; i < Held; i++)
        {
            var client = await fixture.ConnectAsync();
            await client.SendAsync(BitConverter.GetBytes(i));
            await fixture.UntilAsync(open: 0, held: i + 1);
        }

        fixture.Learn(N1);
        for (var i = 0; i < Held; i++)
        {
            var number = new byte[4];
            (await (await fixture.First.TakeAsync()).ReceiveAsync(number).WaitAsync(Backend.Patience)).ShouldBe(4);
            BitConverter.ToInt32(number).ShouldBe(i);
        }
    }

    [Fact]
    public async Task A_held_connection_is_reset_at_its_deadline()
    {
        var bounds = _bounds with { Hold = TimeSpan.FromMilliseconds(50) };
        await using var fixture = new ForwarderFixture(isPortable, bounds);
        var client = await fixture.ConnectAsync();
        await IsResetAsync(client);
        await fixture.UntilAsync(open: 0, held: 0);
        fixture.Forwarder.Status.Refused.ShouldBe(1);
    }

    [Fact]
    public async Task When_the_primary_moves_both_sides_are_reset_and_a_new_connection_goes_to_the_next()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);
        await CarriesAsync(client, server);

        fixture.Learn(N2);
        await IsResetAsync(client);
        await IsResetAsync(server);
        var (next, second) = await fixture.OpenAsync(fixture.Second);
        await CarriesAsync(next, second);
    }

    [Fact]
    public async Task Nothing_is_forwarded_after_the_end_of_a_lease_that_nobody_renews()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);

        fixture.Learn(N1, until: TimeSpan.FromTicks(1));
        await IsResetAsync(client);
        await IsResetAsync(server);
        await fixture.ConnectAsync();
        await fixture.UntilAsync(open: 0, held: 1);
    }

    [Fact]
    public async Task A_connection_drains_after_a_switchover_until_the_deadline()
    {
        await using var fixture = new ForwarderFixture(isPortable, _bounds with { Drain = TimeSpan.FromSeconds(3) });
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);

        fixture.Learn(N2, isPlanned: true);
        var (_, second) = await fixture.OpenAsync(fixture.Second);
        await CarriesAsync(client, server, "still here");
        await IsResetAsync(client);
        await IsResetAsync(server);
        second.Poll(0, SelectMode.SelectRead).ShouldBeFalse("the new one goes on");
    }

    [Fact]
    public async Task A_backend_that_does_not_listen_yet_gets_the_connection_when_it_does()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        var address = fixture.First.Address;
        fixture.First.Dispose();
        fixture.Learn(N1);
        var client = await fixture.ConnectAsync();
        await fixture.UntilAsync(open: 0, held: 1);
        await ForwarderFixture.UntilAsync(() => fixture.Forwarder.Reason is not null);
        fixture.Forwarder.Reason.ShouldStartWith($"cache: its program on n1 took no connection at {address}, at ");

        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        late.Bind(address);
        late.Listen();
        using var server = await late.AcceptAsync().WaitAsync(Backend.Patience);
        await CarriesAsync(client, server);
        fixture.Forwarder.Reason.ShouldBeNull();
    }

    [Fact]
    public async Task A_client_that_never_reads_slows_nobody_and_is_gone_when_the_primary_moves()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var deaf = new List<Socket>();
        for (var i = 0; i < 50; i++)
        {
            var client = await fixture.ConnectAsync(receiveBuffer: 4096);
            var server = await fixture.First.TakeAsync();
            server.Blocking = false;
            deaf.Add(client);
            Fill(server);
        }

        var (other, others) = await fixture.OpenAsync(fixture.First);
        for (var i = 0; i < 100; i++) await CarriesAsync(other, others);
        fixture.Learn(N2);
        await fixture.UntilAsync(open: 0, held: 0);
        foreach (var client in deaf) await IsResetAfterAllAsync(client);
    }

    [Fact]
    public async Task A_backend_that_never_reads_slows_nobody_and_is_let_go_with_its_client()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var clients = new List<Socket>();
        for (var i = 0; i < 50; i++)
        {
            var client = await fixture.ConnectAsync();
            await fixture.First.TakeAsync();
            client.Blocking = false;
            clients.Add(client);
            Fill(client);
        }

        var (other, others) = await fixture.OpenAsync(fixture.First);
        for (var i = 0; i < 100; i++) await CarriesAsync(other, others);
        foreach (var client in clients) client.Close(timeout: 0);
        await fixture.UntilAsync(open: 1, held: 0);
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_in_the_end()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        fixture.Learn(N1);
        var client = await fixture.ConnectAsync(receiveBuffer: 4096);
        var server = await fixture.First.TakeAsync();
        var sent = RandomNumberGenerator.GetBytes(3_000_000);
        var sending = server.SendAsync(sent);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1000];
        for (var read = 0; read < sent.Length;)
        {
            var count = await client.ReceiveAsync(buffer).WaitAsync(Backend.Patience);
            hash.AppendData(buffer, 0, count);
            read += count;
            await Task.Yield();
        }

        await sending.WaitAsync(Backend.Patience);
        hash.GetCurrentHash().ShouldBe(SHA256.HashData(sent));
    }

    [Fact]
    public async Task Many_idle_connections_are_no_burden_to_one_that_is_not_idle()
    {
        await using var fixture = new ForwarderFixture(isPortable, _bounds with { MaxHeld = Many });
        fixture.Learn(N1);
        List<(Socket Client, Socket Server)> all = [];
        for (var i = 0; i < Many; i++) all.Add(await fixture.OpenAsync(fixture.First));
        await fixture.UntilAsync(open: Many, held: 0);
        for (var i = 0; i < 100; i++) await CarriesAsync(all[^1].Client, all[^1].Server);
        foreach (var (client, server) in all)
        {
            client.Dispose();
            server.Dispose();
        }

        await fixture.UntilAsync(open: 0, held: 0);
    }

    [Fact]
    public async Task A_forwarder_that_stops_takes_nothing_more_and_ends_when_its_connections_have()
    {
        await using var fixture = new ForwarderFixture(isPortable, _bounds with { Drain = TimeSpan.FromMinutes(10) });
        fixture.Learn(N1);
        var (client, server) = await fixture.OpenAsync(fixture.First);

        var stopped = fixture.Forwarder.StopAsync();
        await CarriesAsync(client, server);
        stopped.IsCompleted.ShouldBeFalse();
        client.Dispose();
        server.Dispose();
        await stopped.WaitAsync(Backend.Patience);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named_with_what_to_do()
    {
        await using var fixture = new ForwarderFixture(isPortable);
        var listening = new TcpListening(
            new("other"), fixture.Forwarder.Address, ImmutableSortedDictionary<NodeId, IPEndPoint>.Empty, _bounds);
        await using var second = new TcpForwarder(
            listening, fixture.Link, TimeProvider.System, NullLogger.Instance, _ => { });
        Should.Throw<IOException>(second.Start).Message.ShouldContain("[service.other.tcp] another port");
    }

    /// <summary>Writes until nothing more is taken.</summary>
    private static void Fill(Socket socket)
    {
        var block = new byte[64 * 1024];
        SocketError error;
        do
        {
            socket.Send(block, 0, block.Length, SocketFlags.None, out error);
        }
        while (error == SocketError.Success);
        error.ShouldBe(SocketError.WouldBlock);
    }

    private static async Task IsResetAfterAllAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var error = await Should.ThrowAsync<SocketException>(async () =>
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(Backend.Patience) > 0)
            {
                // What the kernel had already.
            }
        });
        error.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    private static async Task<byte[]> HashAsync(Socket from, int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[100_000];
        for (var read = 0; read < length;)
        {
            var count = await from.ReceiveAsync(buffer).WaitAsync(Backend.Patience);
            count.ShouldBeGreaterThan(0);
            hash.AppendData(buffer, 0, count);
            read += count;
        }

        return hash.GetHashAndReset();
    }
}
