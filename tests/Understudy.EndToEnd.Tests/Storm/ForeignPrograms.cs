using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Cli.Demo;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// A program on each node's machine that is none of ours and knows no keys: it takes what is posted, and says so a
/// little later. It outlives its node.
/// </summary>
internal sealed class ForeignPrograms : IAsyncDisposable
{
    public const string Service = "foreign";

    private static readonly TimeSpan _work = TimeSpan.FromMilliseconds(20);

    private readonly List<WebApplication> _programs = [];
    private readonly ConcurrentDictionary<string, int> _taken = [];
    private readonly string[] _nodes;
    private readonly int[] _ports;

    private ForeignPrograms(string[] nodes)
    {
        (_nodes, _ports) = (nodes, FreePorts.Find(nodes.Length));
        foreach (var port in _ports) _programs.Add(Create(port));
    }

    /// <summary>The service's lines of the cluster's file.</summary>
    public string Lines
    {
        get
        {
            var text = new StringBuilder($"[service.{Service}]\nkind = \"external\"\n[service.{Service}.http]\n");
            text.Append(CultureInfo.InvariantCulture, $"backend = {_ports[0]}\n");
            foreach (var (index, node) in _nodes.Index())
                text.Append(CultureInfo.InvariantCulture, $"{node} = {{ backend = {_ports[index]} }}\n");
            return text.ToString();
        }
    }

    /// <summary>One on each of these nodes.</summary>
    public static async Task<ForeignPrograms> StartAsync(params string[] nodes)
    {
        var programs = new ForeignPrograms(nodes);
        foreach (var program in programs._programs) await program.StartAsync();
        return programs;
    }

    /// <summary>How often something that was posted has been taken.</summary>
    public int Taken(string what) => _taken.GetValueOrDefault(what);

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs) await program.DisposeAsync();
    }

    private WebApplication Create(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var program = builder.Build();
        program.Run(AnswerAsync);
        return program;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            using var reader = new StreamReader(context.Request.Body);
            _taken.AddOrUpdate(await reader.ReadToEndAsync(context.RequestAborted), 1, (_, times) => times + 1);
        }

        await StormPause.PassAsync(_work, context.RequestAborted);
        await context.Response.WriteAsync("done", context.RequestAborted);
    }
}
