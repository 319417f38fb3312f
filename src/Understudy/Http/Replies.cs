using System.Text;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>What a gateway tells clients by itself.</summary>
internal static class Replies
{
    /// <summary>No answer now; try again.</summary>
    public static Reply Unavailable(string why) => Refuse(ReplyOutcome.Unavailable, why);

    /// <summary>No answer, and why.</summary>
    public static Reply Refuse(ReplyOutcome outcome, string why) =>
        new(outcome, Encoding.UTF8.GetBytes(why), ConfigurationVersion.None, null);
}
