using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>Shows a running demo to its user. Called from one task at a time.</summary>
internal interface IDemoView
{
    /// <summary>Whether <see cref="Picture"/> is of use: asking nodes for it costs them a little.</summary>
    bool WantsPictures { get; }

    /// <summary>Shows while the work runs, and ends with it.</summary>
    Task<Summary> ShowAsync(Func<Task<Summary>> work);

    /// <summary>Something worth a line has happened.</summary>
    void Say(string line);

    /// <summary>What the demo does or waits for at this moment.</summary>
    void Now(string text);

    /// <summary>What the cluster looks like.</summary>
    void Picture(StatusDocument? status, DemoCluster cluster, int acknowledged);

    /// <summary>A failover is over.</summary>
    void Ended(Round round);
}
