namespace Understudy.Kernel.Tests;

public class ProfileTests
{
    [Fact]
    public void In_every_profile_a_lease_ends_before_its_grant_and_a_grant_before_the_silence()
    {
        foreach (var profile in Profile.All)
        {
            profile.Lease.ShouldBeLessThan(profile.Grant);
            profile.Grant.ShouldBeLessThan(profile.Silence);
            (profile.Heartbeat * 3).ShouldBeLessThan(profile.Silence);
        }
    }
}
