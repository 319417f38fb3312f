using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Kv;

namespace Understudy.Simulator.Clients;

/// <summary>
/// Draws what clients ask for: registers with unique values, counters, deletes and conditional writes.
/// </summary>
internal sealed class OperationDraw(ClientScenario scenario, SeededRandom random)
{
    private readonly Dictionary<string, long> _lastVersions = [];

    public static string CounterKey => "counter";

    /// <summary>Every key that clients use.</summary>
    public IEnumerable<string> Keys
    {
        get
        {
            yield return CounterKey;
            for (var i = 0; i < scenario.Keys; i++) yield return RegisterKey(i);
        }
    }

    public bool IsWithoutKey => random.Chance(scenario.WithoutKey);

    public bool IsHedged => random.Chance(scenario.Hedge);

    public KvRequest Next(long number)
    {
        var register = RegisterKey(random.Below(scenario.Keys));
        if (random.Chance(scenario.Reads)) return new KvRequest.Get(random.Chance(0.25) ? CounterKey : register);
        if (random.Chance(0.3)) return new KvRequest.Increment(CounterKey);
        if (random.Chance(0.1)) return new KvRequest.Delete(register, KvCondition.None);

        var value = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        return new KvRequest.Put(register, value, DrawCondition(register));
    }

    /// <summary>Remembers a version that a client has seen, for conditional writes.</summary>
    public void Saw(string key, KvAnswer answer) => _lastVersions[key] = answer.Version;

    private KvCondition DrawCondition(string key)
    {
        if (random.Chance(0.7)) return KvCondition.None;
        var seen = _lastVersions.GetValueOrDefault(key);
        if (seen > 0 && random.Chance(0.8)) return KvCondition.IfMatch(seen);
        return KvCondition.IfAbsent;
    }

    private static string RegisterKey(int i) => i switch
    {
        0 => "a",
        1 => "b",
        2 => "c",
        _ => "d",
    };
}
