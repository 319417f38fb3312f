namespace Understudy.Client;

/// <summary>Where a service is, as a client knows it.</summary>
/// <param name="Service">The service.</param>
/// <param name="Version">The version of its configuration: a greater one is newer.</param>
/// <param name="Primary">The node of its primary, or null while there is none.</param>
/// <param name="Url">Its primary's address, such as <c>http://127.0.0.1:7201/svc/kv</c>; or null.</param>
/// <param name="IsFrozen">Whether its primary holds requests now, since it is about to move.</param>
/// <param name="Secondaries">Where its secondaries are.</param>
public sealed record ServicePlace(
    string Service, long Version, string? Primary, Uri? Url, bool IsFrozen, IReadOnlyList<Uri> Secondaries);
