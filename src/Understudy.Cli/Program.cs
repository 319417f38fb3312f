#if NODE_HOST
using Understudy;
#endif
using Understudy.Cli;

#if NODE_HOST
NodeRunner run = NodeHost.RunAsync;
#else
NodeRunner run = (_, _, _, _) => throw new NotSupportedException("This build has no node loop.");
#endif
return await CommandLine.InvokeAsync(args, new Terminal(Console.Out, Console.Error, run));
