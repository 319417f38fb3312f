using Understudy.Benchmarks;

return await BenchmarkCommandLine.InvokeAsync(args, Console.Out, Console.Error);
