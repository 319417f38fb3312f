namespace Understudy;

/// <summary>Gives the serializer of a type; replaces JSON for all collections of a state.</summary>
/// <example>
/// <code>
/// var state = new ReplicatedState(new ReplicatedStateOptions { Serializers = new ShopSerializers() });
/// </code>
/// </example>
public interface IReplicatedSerializers
{
    /// <summary>The serializer of a type; called once for each collection and type, when it is declared.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says how to add it.</exception>
    IReplicatedSerializer<T> For<T>();
}
