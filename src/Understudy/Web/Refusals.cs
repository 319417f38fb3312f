using System.Diagnostics.CodeAnalysis;

namespace Understudy.Web;

/// <summary>What a service refuses a carried request with; a refusal is a text.</summary>
internal static class Refusals
{
    /// <summary>The endpoint is not to run in a turn: it is to be asked by itself.</summary>
    public const string OutsideTurns = "understudy:outside-turns";

    private const string Answered = "understudy:answered:";

    /// <summary>An endpoint's answer that is not to be kept.</summary>
    public static string Of(byte[] answer) => Answered + Convert.ToBase64String(answer);

    public static bool TryRead(string refusal, [NotNullWhen(true)] out CarriedResponse? answer)
    {
        var isAnswer = refusal.StartsWith(Answered, StringComparison.Ordinal);
        answer = isAnswer ? CarriedResponse.Decode(Convert.FromBase64String(refusal[Answered.Length..])) : null;
        return isAnswer;
    }
}
