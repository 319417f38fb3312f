namespace Understudy.Tests;

public sealed class ConfigurationMessageTests
{
    private const string Good = """
        cluster = "web"
        [node.n1]
        address = "127.0.0.1:7101"
        http = "127.0.0.1:7201"

        """;

    /// <summary>Every mistake a file can have: its text, and the whole of what is said about it.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        // Not TOML: only the first mistake is told.
        { "cluster = web\nx", "c.toml:1:11: this is not TOML: unexpected token `web` for a value. " +
            "Put text in double quotes: name = \"text\"." },
        { "cluster = \"web\n", "c.toml:1:15: this is not TOML: invalid newline in a string. " +
            "The closing quote is missing." },
        { "[node.n1\n", "c.toml:1:9: this is not TOML: unexpected token found `␤` while " +
            "expecting `]`. The closing bracket is missing." },
        { "a = 1 b = 2", "c.toml:1:7: this is not TOML: unexpected token found `b` while expecting token " +
            "`newline`. Every key stands on a line of its own." },
        { "= 3", "c.toml:1:1: this is not TOML: unexpected token [=] found. " +
            "Every line is a [table], a key = value, or a # comment." },
        { "a = " + new string('[', 1000), "c.toml: this is not TOML: the maximum depth of 64 has been exceeded. " +
            "Nothing here needs lists in lists." },

        { "a = \"\\", "c.toml: this is not TOML: a backslash in double quotes has no valid escape after it. " +
            "Write \\\\ for a backslash, and close the quotes." },

        // The file as a whole.
        { "", "c.toml: the file has no node. Add a table [node.n1] with an address and an http line.\n" +
            "c.toml:1:1: the file has no \"cluster\". Add a line cluster = \"web\"." },
        { "cluster = \"web\"", "c.toml: the file has no node. " +
            "Add a table [node.n1] with an address and an http line." },
        { Good + "[nod.n2]", "c.toml:5:2: unknown key \"nod\" in the file. " +
            "The keys here are cluster, profile, quarantine, node, service." },
        { "cluster = \"web\"\n[nodes.n1]\naddress = 3", "c.toml:2:2: unknown key \"nodes\" in the file. " +
            "Did you mean \"node\"?" },
        { "colour = 1\n" + Good, "c.toml:1:1: unknown key \"colour\" in the file. " +
            "The keys here are cluster, profile, quarantine, node, service." },
        { "cluster = \"a b\"\n" + Good[16..], "c.toml:1:1: \"a b\" is not a cluster name. " +
            "Use letters, digits and - _ . only." },
        { "cluster = 7\n" + Good[16..], "c.toml:1:1: cluster in the file must be a string, not a number. " +
            "Write cluster = \"web\" with the quotes." },
        { "cluster = \"a\"\n" + Good, "c.toml:2:1: \"cluster\" is given twice in the file. " +
            "Remove one of the two; the first is in line 1." },
        { "profile = \"fats\"\n" + Good, "c.toml:1:1: there is no profile \"fats\". " +
            "They are \"lan\", \"fast\", \"wan\". Did you mean \"fast\"?" },
        { "node = 3\ncluster = \"a\"", "c.toml:1:1: \"node\" must be a table. " +
            "Write [node.n1] on a line of its own." },
        { "cluster = \"a\"\n[node]\naddress = \"x\"", "c.toml:3:1: \"address\" stands directly in [node]. " +
            "Every node has a table with its name: write [node.n1] above it." },
        { "quarantine = \"no\"\n" + Good, "c.toml:1:1: quarantine in the file must be true or false, not a string. " +
            "Write quarantine = true or quarantine = false, without quotes." },
        { Good + "[[node]]", "c.toml:5:3: [[node]] is a list of tables. Write [node] with single brackets." },
        { "x.y = 1\nx = 2\n" + Good, "c.toml:1:1: unknown key \"x\" in the file. " +
            "The keys here are cluster, profile, quarantine, node, service.\n" +
            "c.toml:2:1: \"x\" is given twice in the file. Remove one of the two; the first is in line 1." },
        { "cluster = \"a\"\ncluster.x = 2\n" + Good[16..], "c.toml:2:1: \"cluster\" has a value in line 1 and " +
            "cannot be a table too. Remove one of the two." },
    };

    public static TheoryData<string, string> NodeMistakes => new()
    {
        { "adress = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: unknown key \"adress\" in [node.n2]. " +
            "Did you mean \"address\"?" },
        { "address = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\ncolour = 1", "c.toml:8:1: unknown key \"colour\" in " +
            "[node.n2]. The keys here are address, http, voter, witness, transfer-rate, " +
            "max-connections." },
        { "http = \"127.0.0.1:2\"", "c.toml:5:2: [node.n2] has no \"address\". " +
            "Add a line address = \"127.0.0.1:7101\"." },
        { "address = \"127.0.0.1:2\"", "c.toml:5:2: [node.n2] has no \"http\". " +
            "Add a line http = \"127.0.0.1:7201\"." },
        { "address = 7101\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address in [node.n2] must be a string, not a " +
            "number. Write address = \"127.0.0.1:7101\" with the quotes." },
        { "address = \"127.0.0.1:1\"\nhttp = [1]", "c.toml:7:1: http in [node.n2] must be a string, not a list. " +
            "Write http = \"127.0.0.1:7201\" with the quotes." },
        { "address = \"127.0.0.1:1\"\nhttp = { x = 1 }", "c.toml:7:1: \"http\" in [node.n2] must be a string, not a " +
            "table. Write http = … and no table of that name." },
        { "address = \"127.0.0.1\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"127.0.0.1\" is not an address. " +
            "The port is missing: write \"127.0.0.1:7101\"." },
        { "address = \"::1\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"::1\" is not an address. " +
            "Write an IPv6 address in brackets and with its port: \"[::1]:7101\"." },
        { "address = \"localhost:1\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"localhost:1\" is not an " +
            "address. Names are not looked up: write \"127.0.0.1:1\"." },
        { "address = \"127.0.0.1:1\"\nhttp = \"http://127.0.0.1:2\"", "c.toml:7:1: http = \"http://127.0.0.1:2\" is " +
            "not an address. Write the address and the port without a scheme: \"127.0.0.1:2\"." },
        { "address = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"127.0.0.1:0\" is not an " +
            "address. Write an IP address and a port from 1 to 65535: \"127.0.0.1:7101\"." },
        { "address = \"10.0.0.1:1\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"10.0.0.1:1\" is not a " +
            "loopback address. There is no TLS between nodes yet: only loopback addresses (127.0.0.0/8, ::1) are " +
            "accepted." },
        { "address = \"127.0.0.1:1\"\nhttp = \"0.0.0.0:2\"", "c.toml:7:1: http = \"0.0.0.0:2\" is not a " +
            "loopback address. There is no TLS between nodes yet: only loopback addresses (127.0.0.0/8, ::1) are " +
            "accepted." },
        { "address = \"127.0.0.1:7101\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"127.0.0.1:7101\" is " +
            "taken: it is the address of n1. Give every address and every http a port of its own." },
        { "address = \"127.0.0.1:7201\"\nhttp = \"127.0.0.1:2\"", "c.toml:6:1: address = \"127.0.0.1:7201\" is " +
            "taken: it is the http of n1. Give every address and every http a port of its own." },
        { "address = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:1\"", "c.toml:7:1: http = \"127.0.0.1:1\" is " +
            "taken: it is the address of n2. Give every address and every http a port of its own." },
        { "address = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\nvoter = \"false\"", "c.toml:8:1: voter in [node.n2] " +
            "must be true or false, not a string. Write voter = true or voter = false, without quotes." },
        { "address = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\nvoter = false\nwitness = true", "c.toml:9:1: [node.n2] " +
            "has both voter = false and witness = true. A witness votes and hosts nothing; voter = false hosts and " +
            "does not vote. Remove one of the two." },
    };

    public static TheoryData<string, string> ServiceMistakes => new()
    {
        { "", "c.toml:5:2: [service.kv] has no \"kind\". Add a line kind = \"kv\"." },
        { "kind = \"sql\"", "c.toml:6:1: there is no kind \"sql\". They are \"kv\", \"external\"." },
        { "kind = \"kw\"", "c.toml:6:1: there is no kind \"kw\". They are \"kv\", \"external\". Did you mean \"kv\"?" },
        { "kind = \"kv\"\ndurability = \"dik\"", "c.toml:7:1: there is no durability \"dik\". " +
            "They are \"disk\", \"memory\". Did you mean \"disk\"?" },
        { "kind = \"kv\"\nsecondaries = -1", "c.toml:7:1: secondaries = -1 in [service.kv] is out of range. " +
            "It is a number of nodes from 0 to 32." },
        { "kind = \"kv\"\nspares = 4000000000", "c.toml:7:1: spares = 4000000000 in [service.kv] is out of range. " +
            "It is a number of nodes from 0 to 32." },
        { "kind = \"kv\"\nspares = 99999999999999999999999", "c.toml:7:10: this is not TOML: unable to parse integer " +
            "`99999999999999999999999`. The number is too large." },
        { "kind = \"kv\"\nmin-in-sync = 0", "c.toml:7:1: min-in-sync = 0 in [service.kv] is out of range. " +
            "It is a number of providers from 1 to 33." },
        { "kind = \"kv\"\nsecondaries = 1\nmin-in-sync = 3", "c.toml:8:1: min-in-sync = 3 can never be met with " +
            "1 secondaries. The primary counts too: it is at most one more than secondaries." },
        { "kind = \"kv\"\ntotal-loss = \"empty\"", "c.toml:7:1: there is no total-loss \"empty\". " +
            "They are \"wait\", \"start-empty\"." },
        { "kind = \"kv\"\nrestarts = 101", "c.toml:7:1: restarts = 101 in [service.kv] is out of range. " +
            "It is a number of restarts from 0 to 100." },
        { "kind = \"kv\"\nrestart-minutes = 0", "c.toml:7:1: restart-minutes = 0 in [service.kv] is out of range. " +
            "It is a number of minutes from 1 to 1440." },
        { "kind = \"kv\"\nspares = \"2\"", "c.toml:7:1: spares in [service.kv] must be a whole number, not a string. " +
            "Write spares = 2, for example, without quotes." },
        { "kind = \"kv\"\nspares = 1.5", "c.toml:7:1: spares in [service.kv] must be a whole number, not a fraction. " +
            "Write spares = 2, for example, without quotes." },
        { "kind = \"kv\"\ncheckpoints = \"often\"", "c.toml:7:1: there is no checkpoints \"often\". " +
            "They are \"before-reply\", \"periodic\"." },
        { "kind = \"kv\"\ncheckpoints = \"periodic\"\ninterval = \"9ms\"", "c.toml:8:1: interval = \"9ms\" in " +
            "[service.kv] is no such time. Write a time from \"10ms\" to \"1h\", such as \"1s\"." },
        { "kind = \"kv\"\ncheckpoints = \"periodic\"\ninterval = 1", "c.toml:8:1: interval in [service.kv] must be a " +
            "string, not a number. Write interval = \"1s\" with the quotes." },
        { "kind = \"kv\"\ninterval = \"1s\"", "c.toml:7:1: interval is given, but checkpoints is not \"periodic\". " +
            "Write checkpoints = \"periodic\" too, or remove interval." },
        { "kind = \"kv\"\naudit-every = \"1s\"", "c.toml:7:1: audit-every = \"1s\" in [service.kv] is no such time. " +
            "Write \"never\", or a time from \"1m\" to \"365d\", such as \"12h\"." },
        { "kind = \"kv\"\nkeep-keys = \"59s\"", "c.toml:7:1: keep-keys = \"59s\" in [service.kv] is no such time. " +
            "Write a time from \"1m\" to \"365d\", such as \"12h\"." },
        { "kind = \"kv\"\nonly = \"n1\"", "c.toml:7:1: only in [service.kv] must be a list of strings, not a string. " +
            "Write only = [\"n1\", \"n2\"]." },
        { "kind = \"kv\"\nonly = [1]", "c.toml:7:1: only in [service.kv] must be a list of strings only, not a list. " +
            "Write only = [\"n1\", \"n2\"]." },
        { "kind = \"kv\"\nnever = [\"n2\"]", "c.toml:7:1: there is no node \"n2\". Did you mean \"n1\"?" },
        { "kind = \"kv\"\nafter = [\"orders\"]", "c.toml:7:1: there is no service \"orders\". There are kv." },
        { "kind = \"kv\"\nafter = [\"kv2\"]\n[service.kv2]\nkind = \"kv\"\nwith = [\"kv\"]", "c.toml: services " +
            "cannot wait for each other: kv -> kv2 -> kv. Take one of these rules away." },
        { "kind = \"kv\"\nsecondary = 1", "c.toml:7:1: unknown key \"secondary\" in [service.kv]. " +
            "Did you mean \"secondaries\"?" },
        { "kind = \"kv\"\n[service.KV]\nkind = \"kv\"", "c.toml:7:2: the services \"kv\" (line 5) and \"KV\" differ " +
            "only in case. Every service needs a name of its own." },
        { "kind = \"kv\"\n[service.\"k v\"]\nkind = \"kv\"", "c.toml:7:2: \"k v\" is not a service name. " +
            "Use letters, digits and - _ . only." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_the_file_gets_one_clear_message(string text, string expected) =>
        Messages(text).ShouldBe(expected);

    [Theory]
    [MemberData(nameof(NodeMistakes))]
    public void A_mistake_in_a_node_gets_one_clear_message(string text, string expected) =>
        Messages(Good + "[node.n2]\n" + text).ShouldBe(expected);

    [Theory]
    [MemberData(nameof(ServiceMistakes))]
    public void A_mistake_in_a_service_gets_one_clear_message(string text, string expected) =>
        Messages(Good + "[service.kv]\n" + text).ShouldBe(expected);

    [Fact]
    public void A_node_id_that_stands_twice_is_told_with_both_lines() =>
        Messages(Good + "[node.n1]\nhttp = \"x\"").ShouldBe(
            "c.toml:5:2: [node.n1] stands in this file twice, first in line 2. " +
            "Every node needs a name of its own. Was another one meant here?");

    [Fact]
    public void Node_ids_that_differ_only_in_case_are_told_with_both_lines() =>
        Messages(Good + "[node.N1]\naddress = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"").ShouldBe(
            "c.toml:5:2: the node ids \"n1\" (line 2) and \"N1\" differ only in case. " +
            "Every node needs an id of its own.");

    [Theory]
    [InlineData("\"n 2\"", "\"n 2\" is not a node id. Use letters, digits and - _ . only.")]
    [InlineData("\"\"", "this node id is empty. Use letters, digits and - _ . only.")]
    [InlineData("\"nö\"", "\"nö\" is not a node id. Use letters, digits and - _ . only.")]
    public void A_bad_node_id_is_told(string id, string expected) =>
        Messages(Good + $"[node.{id}]\naddress = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"")
            .ShouldBe("c.toml:5:2: " + expected);

    [Fact]
    public void A_node_id_that_is_too_long_is_told_with_its_length() =>
        Messages(Good + $"[node.{new string('n', 65)}]\naddress = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"")
            .ShouldBe("c.toml:5:2: this node id has 65 characters: \"nnnnnnnnnnnnnnnn…\". The most is 64.");

    [Fact]
    public void Ten_voters_are_too_many()
    {
        var text = "cluster = \"web\"\n" + string.Concat(Enumerable.Range(1, 10).Select(n =>
            $"[node.n{n}]\naddress = \"127.0.0.1:{7100 + n}\"\nhttp = \"127.0.0.1:{7200 + n}\"\n"));
        Messages(text).ShouldBe("c.toml: the cluster has 10 voters and 9 is the most. " +
            "Write voter = false in the tables of the others; they host services all the same.");
    }

    [Fact]
    public void A_cluster_without_a_voter_is_told() =>
        Messages(Good + "voter = false").ShouldBe("c.toml: the cluster has no voter. " +
            "Remove voter = false from at least one node; three are usual.");

    [Fact]
    public void A_service_that_no_node_can_host_is_told() =>
        Messages(Good + "witness = true\n[service.kv]\nkind = \"kv\"").ShouldBe(
            "c.toml:6:2: no node can host the service \"kv\". " +
            "Every node is a witness. Remove witness = true from at least one.");

    [Fact]
    public void A_file_that_is_not_there_is_told() =>
        ((ConfigurationResult.Invalid)ConfigurationFile.Read("no/such.toml")).Problems.ShouldHaveSingleItem()
            .ToString().ShouldStartWith("no/such.toml: there is no such file. It was looked for from ");

    [Fact]
    public void A_folder_in_place_of_the_file_is_told() =>
        ((ConfigurationResult.Invalid)ConfigurationFile.Read(AppContext.BaseDirectory)).Problems.ShouldHaveSingleItem()
            .ToString().ShouldEndWith(": this is a folder. Name the TOML file in it.");

    [Fact]
    public void A_file_that_is_too_long_is_told() =>
        Messages(new string('#', ConfigurationFile.MaxLength + 1))
            .ShouldBe("c.toml: the file is longer than 1048576 characters. Is it the right file?");

    private static string Messages(string text) =>
        ConfigurationFile.Parse(text, "c.toml") is ConfigurationResult.Invalid invalid
            ? string.Join('\n', invalid.Problems)
            : "";
}
