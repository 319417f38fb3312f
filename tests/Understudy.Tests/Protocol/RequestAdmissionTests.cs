using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

public class RequestAdmissionTests
{
    private const int Most = 3;
    private const long MostBytes = 100;
    private const long Memory = (4 * RequestAdmission.Overhead) + 150;

    private readonly RequestAdmission _admission = new(
        Memory,
        name => new HoldBounds(name.Value == "one" ? 1 : Most, MostBytes, TimeSpan.FromSeconds(5)),
        name => name.Value is "kv" or "other" or "one");

    private AdmittedRequests Kv => _admission.Of(new ServiceName("kv"));

    private AdmittedRequests Other => _admission.Of(new ServiceName("other"));

    [Fact]
    public void A_service_has_so_many_requests_and_no_more()
    {
        for (var i = 0; i < Most; i++) _admission.Enter(Kv).ShouldBeNull();
        _admission.Enter(Kv).ShouldBe(HoldLimit.Requests);
        _admission.Enter(Other).ShouldBeNull("another service has places of its own");
        _admission.Count.ShouldBe(Most + 1);
        _admission.Leave(Kv, 0);
        _admission.Enter(Kv).ShouldBeNull();
    }

    [Fact]
    public void A_service_has_so_many_bytes_and_no_more()
    {
        _admission.Enter(Kv).ShouldBeNull();
        _admission.Grow(Kv, MostBytes - 1).ShouldBeNull();
        _admission.Grow(Kv, 2).ShouldBe(HoldLimit.Bytes);
        _admission.Grow(Kv, 1).ShouldBeNull("what was refused is not counted");
        _admission.Enter(Other).ShouldBeNull();
        _admission.Grow(Other, 50).ShouldBeNull("another service has bytes of its own");
        _admission.Leave(Kv, MostBytes);
        (Kv.Count, Kv.Bytes).ShouldBe((0, 0));
    }

    [Fact]
    public void All_services_together_are_bounded_by_the_nodes_memory()
    {
        _admission.Enter(Kv).ShouldBeNull();
        _admission.Grow(Kv, 100).ShouldBeNull();
        _admission.Enter(Other).ShouldBeNull();
        _admission.Grow(Other, 51).ShouldBeNull("two of four requests have come, so there is room");
        _admission.Enter(Kv).ShouldBeNull();
        _admission.Enter(Other).ShouldBe(HoldLimit.Memory);
        _admission.Leave(Other, 51);
        _admission.Enter(Other).ShouldBeNull();
        _admission.Enter(Other).ShouldBeNull();
        _admission.Grow(Other, 51).ShouldBe(HoldLimit.Memory);
        _admission.Grow(Other, 50).ShouldBeNull();
    }

    [Fact]
    public void Each_service_has_the_bounds_that_it_is_granted()
    {
        var one = _admission.Of(new ServiceName("one"));
        _admission.Enter(one).ShouldBeNull();
        _admission.Enter(one).ShouldBe(HoldLimit.Requests);
    }

    [Fact]
    public void All_names_of_no_service_are_counted_as_one()
    {
        var nothing = _admission.Of(new ServiceName("nothing"));
        for (var i = 0; i < 1000; i++) _admission.Of(new ServiceName($"no-{i}")).ShouldBe(nothing);
        _admission.Services.Select(service => service.Service).ShouldBe([RequestAdmission.Unknown]);
    }

    [Fact]
    public void Nobody_leaves_who_has_not_entered()
    {
        Should.Throw<InvariantViolationException>(() => _admission.Leave(Kv, 0));
        _admission.Enter(Kv);
        Should.Throw<InvariantViolationException>(() => _admission.Leave(Kv, 1));
    }

    /// <summary>Against a list of everybody who is in.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_counted_is_what_is_there(int seed)
    {
        var random = new Random(seed);
        List<(AdmittedRequests Service, long Bytes)> there = [];
        for (var step = 0; step < 10_000; step++)
        {
            var service = random.Next(2) == 0 ? Kv : Other;
            var grown = random.Next(there.Count + 1) - 1;
            var more = random.Next(60);
            var memory = there.Sum(each => each.Bytes + RequestAdmission.Overhead);
            switch (random.Next(3))
            {
                case 0:
                    var mayEnter = there.Count(each => each.Service == service) < Most
                        && memory + RequestAdmission.Overhead <= Memory;
                    (_admission.Enter(service) is null).ShouldBe(mayEnter);
                    if (mayEnter) there.Add((service, 0));
                    break;
                case 1 when grown >= 0:
                    var (growing, bytes) = there[grown];
                    var own = there.Where(each => each.Service == growing).Sum(each => each.Bytes);
                    var mayGrow = own + more <= MostBytes && memory + more <= Memory;
                    (_admission.Grow(growing, more) is null).ShouldBe(mayGrow);
                    if (mayGrow) there[grown] = (growing, bytes + more);
                    break;
                case 2 when grown >= 0:
                    _admission.Leave(there[grown].Service, there[grown].Bytes);
                    there.RemoveAt(grown);
                    break;
            }

            _admission.Count.ShouldBe(there.Count);
        }
    }
}
