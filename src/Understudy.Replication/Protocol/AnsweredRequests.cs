using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>The answers to one gateway's requests that it may still send again.</summary>
internal sealed class AnsweredRequests(Incarnation incarnation)
{
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _answers = [];

    /// <summary>The gateway's incarnation.</summary>
    public Incarnation Incarnation { get; } = incarnation;

    /// <summary>The gateway will not send a request with a lower number again.</summary>
    public long LowestPending { get; private set; }

    public int Count => _answers.Count;

    /// <summary>The answers in the order of their numbers.</summary>
    public IEnumerable<KeyValuePair<long, ReadOnlyMemory<byte>>> InOrder => _answers.OrderBy(answer => answer.Key);

    public bool TryFind(long number, out ReadOnlyMemory<byte> answer) => _answers.TryGetValue(number, out answer);

    public void Remember(long number, ReadOnlyMemory<byte> answer)
    {
        if (number >= LowestPending) _answers[number] = answer;
    }

    /// <summary>Forgets what is below the lowest number that the gateway may send again.</summary>
    public void GiveUpBelow(long lowest)
    {
        if (lowest <= LowestPending) return;
        if (lowest - LowestPending <= _answers.Count)
        {
            for (var number = LowestPending; number < lowest; number++) _answers.Remove(number);
        }
        else
        {
            foreach (var number in _answers.Keys.Where(number => number < lowest).ToList()) _answers.Remove(number);
        }

        LowestPending = lowest;
    }
}
