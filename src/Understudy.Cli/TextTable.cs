using System.Text;

namespace Understudy.Cli;

/// <summary>Lines up columns of text, two spaces apart, with nothing at the end of a line.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    public void Add(params string[] cells)
    {
        if (cells.Length != headings.Length) throw new ArgumentException("One cell for each heading.", nameof(cells));
        _rows.Add(cells);
    }

    public override string ToString()
    {
        var widths = Enumerable.Range(0, headings.Length)
            .Select(column => _rows.Max(row => row[column].Length))
            .ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var cells = row.Select((cell, column) => cell.PadRight(widths[column]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
