using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Orders that are too long for one message: taken apart at the RM, put together at a node.</summary>
public sealed class OrderParts
{
    /// <summary>So many bytes of entries are put into one message.</summary>
    private const int Bytes = ReplicationCodec.MaxBody / 2;

    private MemberId _from;
    private ReplicationMessage.MapPushed? _last;
    private SortedDictionary<int, ReplicationMessage.MapPushed> _parts = [];

    /// <summary>The order in as many messages as it needs.</summary>
    public static ImmutableArray<ReplicationMessage.MapPushed> Split(ReplicationMessage.MapPushed order)
    {
        List<ImmutableArray<ServiceEntry>> pieces = [];
        var piece = ImmutableArray.CreateBuilder<ServiceEntry>();
        var bytes = 0;
        foreach (var entry in order.Map.Services)
        {
            var size = ReplicationCodec.SizeOf(entry);
            if (piece.Count > 0 && bytes + size > Bytes)
            {
                pieces.Add(piece.ToImmutable());
                piece.Clear();
                bytes = 0;
            }

            piece.Add(entry);
            bytes += size;
        }

        if (pieces.Count == 0) return [order];
        pieces.Add(piece.ToImmutable());
        var parts = ImmutableArray.CreateBuilder<ReplicationMessage.MapPushed>(pieces.Count);
        for (var i = 0; i < pieces.Count; i++)
        {
            var map = order.Map with { Services = pieces[i], Nodes = i == 0 ? order.Map.Nodes : [] };
            parts.Add(order with
            {
                Map = map,
                Removed = i == 0 ? order.Removed : [],
                Part = i,
                Parts = pieces.Count,
            });
        }

        return parts.MoveToImmutable();
    }

    /// <summary>The order that a part completes, or null while parts are missing. The newest order counts.</summary>
    public ReplicationMessage.MapPushed? Join(MemberId from, ReplicationMessage.MapPushed part)
    {
        if (part.Parts == 1) return part;
        var isSame = _last is { } last && from == _from && last.Map.Generation == part.Map.Generation
            && last.Map.Sequence == part.Map.Sequence && last.Since == part.Since && last.Parts == part.Parts;
        if (!isSame) _parts = [];
        (_from, _last) = (from, part);
        _parts[part.Part] = part;
        if (_parts.Count < part.Parts) return null;
        var first = _parts[0];
        var map = first.Map with { Services = [.. _parts.Values.SelectMany(p => p.Map.Services)] };
        (_last, _parts) = (null, []);
        return first with { Map = map, Parts = 1 };
    }
}
