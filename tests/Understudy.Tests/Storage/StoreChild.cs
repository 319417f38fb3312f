using System.Diagnostics;
using System.Runtime.CompilerServices;
using Understudy.Kernel;
using Understudy.Storage;

namespace Understudy.Tests.Storage;

/// <summary>
/// Makes this test executable a program that writes through a store, when the environment names a directory: a test
/// starts it where flushes fail, or kills it.
/// </summary>
internal static class StoreChild
{
    public const string DirectoryVariable = "UNDERSTUDY_TESTS_STORE_DIRECTORY";
    public const string TaskVariable = "UNDERSTUDY_TESTS_STORE_TASK";

    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } directory)
            Environment.Exit(Run(directory, Environment.GetEnvironmentVariable(TaskVariable) ?? ""));
    }

    private static int Run(string directory, string task)
    {
        try
        {
            using var ended = new ManualResetEventSlim();
            var store = SqliteStore.Open(
                directory,
                new StoreOwner("web", new NodeId("n1")),
                () => 1,
                (file, ticket) => Console.WriteLine($"flushed {file} {ticket}"),
                failure =>
                {
                    Console.WriteLine($"failed: {failure.Message}");
                    ended.Set();
                });
            Console.WriteLine("opened");
            switch (task)
            {
                case "boot":
                    Console.WriteLine($"counter {store.NextBootCounter()}");
                    break;
                case "load":
                    Console.WriteLine($"entries {store.Load().Replicas.Values.Sum(replica => replica.Entries.Length)}");
                    break;
                case "write-control-until-failure":
                    store.Write(StoreFile.Control, 1, [new StoreWrite.PutRecord("promise", new byte[8])]);
                    ended.Wait();
                    break;
                default:
                    store.Write(
                        StoreFile.Data, 1, [StoreFolder.Append(new ServiceName("kv"), StoreFolder.Entry(1))]);
                    store.Write(
                        StoreFile.Data, 2, [StoreFolder.Append(new ServiceName("kv"), StoreFolder.Entry(2))]);
                    if (task == "write-until-failure") ended.Wait();
                    else store.DrainAsync(CancellationToken.None).GetAwaiter().GetResult();
                    break;
            }

            // As a node that fails or is killed: nothing is closed in good order.
            Console.Out.Flush();
            Process.GetCurrentProcess().Kill();
            return 0;
        }
#pragma warning disable CA1031 // The parent reads what went wrong, whatever it was.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Console.WriteLine($"refused: {e.Message}");
            return 1;
        }
    }
}
