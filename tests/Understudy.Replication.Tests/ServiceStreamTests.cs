using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

public sealed class ServiceStreamTests
{
    [Theory]
    [InlineData("kv", 0, "kv")]
    [InlineData("kv", 1, "kv")]
    [InlineData("kv", 2, "kv~2")]
    [InlineData("kv", 10, "kv~10")]
    [InlineData("a.b-c", 3, "a.b-c~3")]
    public void A_stream_is_named_after_its_service_and_from_the_second_lineage_on_with_its_number(
        string service, long lineage, string stream)
    {
        ServiceStream.Of(new ServiceName(service), new Lineage(lineage)).Value.ShouldBe(stream);
        ServiceStream.Service(new ServiceName(stream)).Value.ShouldBe(service);
        ServiceStream.LineageOf(new ServiceName(stream)).Value.ShouldBe(Math.Max(1, lineage));
    }

    [Fact]
    public void The_registry_has_one_stream()
    {
        ServiceStream.Service(Registry.Name).ShouldBe(Registry.Name);
        ServiceStream.LineageOf(Registry.Name).Value.ShouldBe(1);
    }

    [Theory]
    [InlineData("kv~")]
    [InlineData("kv~x")]
    [InlineData("kv~-1")]
    public void What_names_no_lineage_is_of_none(string stream) =>
        ServiceStream.LineageOf(new ServiceName(stream)).Value.ShouldBe(0);
}
