using System.Net;
using System.Text;
using Understudy.Replication.Protocol;
using Understudy.Web;

namespace Understudy.Tests.Web;

public class CarriedFormatTests
{
    private static readonly CarriedRequest _request = new()
    {
        Method = "POST",
        Target = "/a?b",
        ContentType = "text/plain",
        Authorization = "Basic x",
        Body = "hi"u8.ToArray(),
        Scheme = "https",
        Host = "h:1",
        Client = IPAddress.Loopback,
        Headers = [new("X", "y")],
    };

    [Fact]
    public void A_request_has_the_bytes_that_were_agreed_on() => Convert.ToHexString(_request.Encode().Span).ShouldBe(
        "FEC07061727400FD24000000"
        + "0104504F5354042F613F620A746578742F706C61696E07426173696320780200000068690"
        + "5687474707303683A31093132372E302E302E310100" + "01580179");

    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        CarriedRequest.TryDecode(_request.Encode(), out var read).ShouldBeTrue();
        read.Body.ToArray().ShouldBe(_request.Body.ToArray());
        (read with { Body = default, Headers = [] }).ShouldBe(_request with { Body = default, Headers = [] });
        read.Headers.ShouldBe(_request.Headers);
        CarriedRequest.TryDecode("a service's own"u8.ToArray(), out _).ShouldBeFalse();
    }

    [Fact]
    public void An_answer_has_the_bytes_that_were_agreed_on_and_is_read_as_it_was_written()
    {
        var answer = new CarriedResponse(201, [new("Location", "/a")], "ok"u8.ToArray());
        Convert.ToHexString(answer.Encode()).ShouldBe("01C900" + "0100084C6F636174696F6E022F61" + "6F6B");
        var read = CarriedResponse.Decode(answer.Encode());
        (read.Status, Encoding.UTF8.GetString(read.Body.Span)).ShouldBe((201, "ok"));
        read.Headers.ShouldBe(answer.Headers);
    }

    [Fact]
    public void How_a_request_was_asked_is_not_compared_and_what_was_asked_is()
    {
        var same = _request with { Host = "other:2", Scheme = "http", Client = null, Headers = [] };
        Compared(same).ShouldBe(Compared(_request));
        Compared(_request with { Body = default }).ShouldNotBe(Compared(_request));
        Compared(_request with { Target = "/a" }).ShouldNotBe(Compared(_request));
        Compared(_request with { Method = "PUT" }).ShouldNotBe(Compared(_request));
        Compared(_request with { Authorization = "Basic y" }).ShouldNotBe(Compared(_request));
    }

    [Fact]
    public void A_layout_that_is_not_known_is_named()
    {
        var bytes = _request.Encode().ToArray();
        bytes[12] = 9;
        Should.Throw<InvalidDataException>(() => CarriedRequest.TryDecode(bytes, out _)).Message.ShouldContain("9");
    }

    private static byte[] Compared(CarriedRequest request)
    {
        ComparedPart.TrySplit(request.Encode(), out var compared, out _).ShouldBeTrue();
        return compared.ToArray();
    }
}
