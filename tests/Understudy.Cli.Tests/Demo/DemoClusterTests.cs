using Understudy.Cli.Demo;

namespace Understudy.Cli.Tests;

public sealed class DemoClusterTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(16)]
    public void The_demos_file_is_in_order(int nodes)
    {
        var folder = Directory.CreateTempSubdirectory("understudy-cli-tests-");
        try
        {
            var options = new DemoOptions { Nodes = nodes, Durability = Durability.Memory };
            using var cluster = new DemoCluster(options, folder.FullName);

            var read = ConfigurationFile.Read(cluster.File).ShouldBeOfType<ConfigurationResult.Valid>().Configuration;

            read.Nodes.Length.ShouldBe(nodes);
            read.Nodes.Count(node => node.Votes).ShouldBe(Math.Min(nodes, 9));
            read.Services.ShouldHaveSingleItem().Durability.ShouldBe(Durability.Memory);
            read.Services[0].Secondaries.ShouldBe(2);
            read.Services[0].Spares.ShouldBe(nodes - 3);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
