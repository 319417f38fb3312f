namespace Understudy.Architecture.Tests;

public class SizeTests
{
    private const int FileLines = 400;
    private const int MethodLines = 60;
    private const int LineColumns = 120;

    [Fact]
    public void No_file_is_longer_than_its_limit() => Offences.None(
        from path in Repository.Files(".cs")
        let lines = Repository.Lines(path).Length
        where lines > FileLines
        select $"{path} has {lines} lines, {FileLines} are allowed");

    [Fact]
    public void No_line_is_wider_than_its_limit() => Offences.None(
        from path in Repository.Files(".cs")
        from line in Repository.Lines(path).Index()
        where line.Item.Length > LineColumns
        select $"{path}:{line.Index + 1} has {line.Item.Length} columns, {LineColumns} are allowed");

    [Fact]
    public void No_method_is_longer_than_its_limit() => Offences.None(
        from path in Repository.Files(".cs")
        from method in MethodFinder.Find(Repository.Read(path))
        where method.Lines > MethodLines
        select $"{path}:{method.FirstLine} {method.Name} has {method.Lines} lines, {MethodLines} are allowed");

    [Fact]
    public void Methods_are_found_and_measured()
    {
        const string source = """
            namespace N;
            /* { */
            public sealed class C(int a) : B(a) // {
            {
                private readonly List<int> _list = new() { 1, 2 };

                public int Value { get; } = 3;

                public int Half => Value / 2;

                [Fact(Skip = "}")]
                public void One(string text = "{")
                {
                    if (text is { Length: 1 }) { var c = '{'; }
                }

                private static T Two<T>(T x) where T : new() => x switch
                {
                    null => throw new X(),
                    _ => x,
                };

                public sealed record D(int X)
                {
                    public void Three() { }
                }

                public abstract void Four(
                    int x);
            }
            """;

        MethodFinder.Find(source).ShouldBe([
            new Method("One", 12, 4), new Method("Two", 17, 5), new Method("Three", 25, 1), new Method("Four", 28, 2)]);
    }
}
