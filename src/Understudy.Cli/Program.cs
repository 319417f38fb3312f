using Understudy;
using Understudy.Cli;

return await CommandLine.InvokeAsync(args, new Terminal(Console.Out, Console.Error, NodeHost.RunAsync));
