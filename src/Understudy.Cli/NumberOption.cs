using System.CommandLine;

namespace Understudy.Cli;

/// <summary>An option that is a whole number within bounds.</summary>
internal static class NumberOption
{
    /// <param name="name">With its two dashes.</param>
    /// <param name="what">What it says, as a sentence.</param>
    /// <param name="usual">What it is when it is not given.</param>
    /// <param name="least">The smallest that is taken.</param>
    /// <param name="most">The largest that is taken.</param>
    /// <param name="why">Added for a number that is too small: why it is. Begins with a space, or is empty.</param>
    public static Option<int> Of(string name, string what, int usual, int least, int most, string why = "")
    {
        var option = new Option<int>(name)
        {
            Description = $"{what} From {least} to {most}.",
            HelpName = "N",
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
            if (text is not null && int.TryParse(text, out var number) && (number < least || number > most))
            {
                var reason = number < least ? why : "";
                result.AddError($"{name} {text} is out of range: it is from {least} to {most}.{reason}");
            }
        });
        return option;
    }
}
