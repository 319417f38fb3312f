namespace Understudy.Cli;

/// <summary>Makes folders for nodes' durable state.</summary>
internal static class DataFolder
{
    /// <summary>Makes the folder if it is not there; false, with a message, if it cannot be made.</summary>
    public static async Task<bool> MakeAsync(string folder, Terminal terminal)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            await terminal.Error.WriteLineAsync(
                $"understudy: the data folder \"{folder}\" cannot be made: {error.Message.TrimEnd('.')}. " +
                "Name a folder that this user may write to.");
            return false;
        }
    }

    /// <summary>Removes a folder that this process made; what cannot be removed is left to the system.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"understudy: {folder} was not removed: {error.Message}");
        }
    }
}
