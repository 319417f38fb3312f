namespace Understudy;

/// <content>Which collections there are.</content>
public sealed partial class ReplicatedState
{
    /// <summary>More would be a mistake, or damaged bytes.</summary>
    internal const int MaxCollections = 1024;

    private readonly IReplicatedSerializers _serializers;
    private readonly SortedDictionary<string, ReplicatedCollection> _collections = new(StringComparer.Ordinal);
    private bool _isInUse;

    /// <summary>
    /// The collections with contents that a newer version of the service wrote and this one did not declare. They are
    /// kept, passed on and saved, so that nothing is lost when versions run side by side.
    /// </summary>
    /// <example>
    /// <code>
    /// foreach (var name in shop.State.UndeclaredCollections) logger.LogInformation("keeps {Name}", name);
    /// </code>
    /// </example>
    public IReadOnlyList<string> UndeclaredCollections
    {
        get
        {
            lock (_lock)
                return [.. from collection in _collections.Values
                           where !collection.IsDeclared && !collection.IsEmpty
                           select collection.Name];
        }
    }

    /// <summary>Declares a dictionary.</summary>
    /// <param name="name">1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'; the same in all versions of the service.</param>
    /// <param name="keys">Instead of the state's serializer for keys.</param>
    /// <param name="values">Instead of the state's serializer for values.</param>
    /// <exception cref="ArgumentException">
    /// The name is not allowed or taken, or the keys cannot be compared.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The state is in use already, or there is no serializer for a type.
    /// </exception>
    /// <example><code>var orders = state.Dictionary&lt;long, Order&gt;("orders");</code></example>
    public ReplicatedDictionary<TKey, TValue> Dictionary<TKey, TValue>(
        string name, IReplicatedSerializer<TKey>? keys = null, IReplicatedSerializer<TValue>? values = null)
        where TKey : notnull
    {
        if (!typeof(TKey).IsEnum && !typeof(IEquatable<TKey>).IsAssignableFrom(typeof(TKey)))
            throw new ArgumentException(
                $"Keys of '{name}' cannot be {typeof(TKey).Name}: it does not compare by value. Use a record, or "
                + $"implement IEquatable<{typeof(TKey).Name}>.",
                nameof(name));
        return Declare(new ReplicatedDictionary<TKey, TValue>(
            this, name, keys ?? _serializers.For<TKey>(), values ?? _serializers.For<TValue>()));
    }

    /// <summary>Declares a single value.</summary>
    /// <param name="name">1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'; the same in all versions of the service.</param>
    /// <param name="initial">What it is until it is set; not replicated.</param>
    /// <param name="serializer">Instead of the state's.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken.</exception>
    /// <exception cref="InvalidOperationException">
    /// The state is in use already, or there is no serializer for the type.
    /// </exception>
    /// <example><code>var settings = state.Value("settings", new Settings());</code></example>
    public ReplicatedValue<T> Value<T>(string name, T initial, IReplicatedSerializer<T>? serializer = null) =>
        Declare(new ReplicatedValue<T>(this, name, initial, serializer ?? _serializers.For<T>()));

    /// <summary>Declares a queue.</summary>
    /// <param name="name">1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'; the same in all versions of the service.</param>
    /// <param name="serializer">Instead of the state's.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken.</exception>
    /// <exception cref="InvalidOperationException">
    /// The state is in use already, or there is no serializer for the type.
    /// </exception>
    /// <example><code>var shipments = state.Queue&lt;long&gt;("shipments");</code></example>
    public ReplicatedQueue<T> Queue<T>(string name, IReplicatedSerializer<T>? serializer = null) =>
        Declare(new ReplicatedQueue<T>(this, name, serializer ?? _serializers.For<T>()));

    /// <summary>Declares a counter.</summary>
    /// <param name="name">1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'; the same in all versions of the service.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken.</exception>
    /// <exception cref="InvalidOperationException">The state is in use already.</exception>
    /// <example><code>var numbers = state.Counter("numbers");</code></example>
    public ReplicatedCounter Counter(string name) => Declare(new ReplicatedCounter(this, name));

    private T Declare<T>(T collection)
        where T : ReplicatedCollection
    {
        CollectionName.Check(collection.Name);
        lock (_lock)
        {
            if (_isInUse)
                throw new InvalidOperationException(
                    $"'{collection.Name}' is declared too late: the state is in use. Declare all collections in the "
                    + "constructor of the service.");
            if (_collections.Count == MaxCollections)
                throw new InvalidOperationException($"A state has at most {MaxCollections} collections.");
            if (!_collections.TryAdd(collection.Name, collection))
                throw new ArgumentException(
                    $"A collection called '{collection.Name}' is declared already. Keep the object that it gave you.");
        }

        return collection;
    }

    /// <summary>A collection that another version of the service has: the same, but of bytes.</summary>
    private ReplicatedCollection Undeclared(string name, CollectionKind kind) => kind switch
    {
        CollectionKind.Dictionary => new ReplicatedDictionary<OpaqueBytes, OpaqueBytes>(
            this, name, OpaqueSerializer.Instance, OpaqueSerializer.Instance, isDeclared: false),
        CollectionKind.Value => new ReplicatedValue<OpaqueBytes>(
            this, name, default, OpaqueSerializer.Instance, isDeclared: false),
        CollectionKind.Queue => new ReplicatedQueue<OpaqueBytes>(
            this, name, OpaqueSerializer.Instance, isDeclared: false),
        _ => new ReplicatedCounter(this, name, isDeclared: false),
    };
}
