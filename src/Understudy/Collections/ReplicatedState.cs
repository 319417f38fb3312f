using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Understudy;

/// <summary>
/// The state of a service that is on several nodes: named collections, which transactions change on the primary and
/// which are the same on the secondaries. Declare all collections in the service's constructor. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// public sealed class Shop
/// {
///     private readonly ReplicatedDictionary&lt;long, Order&gt; _orders;
///     private readonly ReplicatedQueue&lt;long&gt; _shipments;
///     private readonly ReplicatedCounter _numbers;
///
///     public Shop()
///     {
///         _orders = State.Dictionary&lt;long, Order&gt;("orders");
///         _shipments = State.Queue&lt;long&gt;("shipments");
///         _numbers = State.Counter("numbers");
///     }
///
///     public ReplicatedState State { get; } = new(ShopJson.Default);
///
///     public ValueTask&lt;long&gt; PlaceAsync(Order order, CancellationToken cancellationToken) =>
///         State.TransactionAsync(
///             tx =>
///             {
///                 var number = _numbers.Increment(tx);
///                 _orders.Set(tx, number, order);
///                 _shipments.Enqueue(tx, number);
///                 return number;
///             },
///             cancellationToken);
/// }
/// </code>
/// </example>
public sealed partial class ReplicatedState
{
    private readonly Lock _lock = new();
    private readonly ReplicatedStateOptions _options;
    private readonly OpenTransaction _open;
    private ICheckpointSink? _sink;
    private string _service = "a service";
    private string? _primary;

    /// <summary>A state of plain types only, or of collections that are each given serializers.</summary>
    /// <example><code>var state = new ReplicatedState();</code></example>
    public ReplicatedState()
        : this(new ReplicatedStateOptions())
    {
    }

    /// <summary>A state whose keys and values are JSON.</summary>
    /// <param name="json">The metadata of the application's types, made by the compiler.</param>
    /// <example>
    /// <code>
    /// [JsonSerializable(typeof(Order))]
    /// internal sealed partial class ShopJson : JsonSerializerContext;
    ///
    /// var state = new ReplicatedState(ShopJson.Default);
    /// </code>
    /// </example>
    public ReplicatedState(JsonSerializerContext json)
        : this(new ReplicatedStateOptions { Json = json.Options })
    {
    }

    /// <summary>A state with other choices.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <example>
    /// <code>
    /// var state = new ReplicatedState(new ReplicatedStateOptions { Format = 2, OldestFormat = 1 });
    /// </code>
    /// </example>
    public ReplicatedState(ReplicatedStateOptions options)
    {
        options.Check();
        _options = options;
        _serializers = options.Serializers ?? new JsonReplicatedSerializers(options.Json);
        _open = new OpenTransaction(this, options.Format, options.MaxTransactionBytes);
    }

    /// <summary>The number of the application's format; see <see cref="ReplicatedStateOptions.Format"/>.</summary>
    /// <example><code>var format = shop.State.Format;</code></example>
    public int Format => _options.Format;

    /// <summary>
    /// Runs a function that reads and changes collections, and completes when its changes are committed: on every
    /// in-sync provider. One function runs at a time, and sees what those before it did. If it throws, nothing that it
    /// did has happened, here or elsewhere, and this throws the same. The next function runs while this one's changes
    /// are still on their way. The function must be short and must not wait: all other functions wait for it.
    /// </summary>
    /// <param name="change">What is done. It may run on one node only, once.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. A transaction whose function has run is not undone by it and may still be committed.
    /// </param>
    /// <returns>What the function returned; await it once.</returns>
    /// <exception cref="NotPrimaryException">This node is not primary, or not any more; see the remarks.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>
    /// If the node stops being primary while the changes are on their way, this throws, too, and whether they were
    /// committed is not known. Do not await a transaction within a call that the node makes to the service. With
    /// <see cref="CheckpointMode.Periodic"/> it completes when the function has run, and its changes are committed
    /// within the service's bound on loss.
    /// </remarks>
    /// <example>
    /// <code>
    /// var number = await state.TransactionAsync(
    ///     tx =>
    ///     {
    ///         var next = numbers.Increment(tx);
    ///         orders.Set(tx, next, order);
    ///         shipments.Enqueue(tx, next);
    ///         return next;
    ///     },
    ///     cancellationToken);
    /// </code>
    /// </example>
    public ValueTask<TResult> TransactionAsync<TResult>(
        Func<ReplicatedTransaction, TResult> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return TransactionAsync(change, static (tx, change) => change(tx), cancellationToken);
    }

    /// <summary>As <see cref="TransactionAsync{TResult}"/>, for a function that returns nothing.</summary>
    /// <example>
    /// <code>
    /// await state.TransactionAsync(tx => orders.Set(tx, 17, order), cancellationToken);
    /// </code>
    /// </example>
    public ValueTask TransactionAsync(
        Action<ReplicatedTransaction> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        CheckNotInside();
        return RunAsync(change, cancellationToken);
    }

    /// <summary>
    /// As <see cref="TransactionAsync{TResult}"/>, with an argument for the function, which then need not be allocated
    /// anew each time.
    /// </summary>
    /// <example>
    /// <code>
    /// await state.TransactionAsync((shop: this, order), static (tx, given) => given.shop.Place(tx, given.order));
    /// </code>
    /// </example>
    public ValueTask<TResult> TransactionAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReplicatedTransaction, TArgument, TResult> change,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        // At once, and not in a task that a function inside another one could not wait for anyhow.
        CheckNotInside();
        return RunAsync(argument, change, cancellationToken);
    }

    /// <summary>
    /// Reads on the primary, and completes when it is certain that what was read is committed and that no newer state
    /// exists: the read is linearizable. The function runs between transactions and must be as short as one.
    /// </summary>
    /// <returns>What the function returned; await it once.</returns>
    /// <exception cref="NotPrimaryException">This node is not primary.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <example>
    /// <code>
    /// var order = await state.ReadAsync(reader => orders.Get(reader, 17), cancellationToken);
    /// </code>
    /// </example>
    public ValueTask<TResult> ReadAsync<TResult>(
        Func<ReplicatedReader, TResult> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        CheckNotInside();
        return ConfirmedAsync(read, cancellationToken);
    }

    /// <summary>
    /// Reads what this node has, at once and on any node. On the primary that may be ahead of what is committed and
    /// be undone by a failover; on a secondary it may be old. Good for a display, not for a decision.
    /// </summary>
    /// <example>
    /// <code>
    /// var waiting = state.ReadLocal(reader => shipments.Count(reader));
    /// </code>
    /// </example>
    public TResult ReadLocal<TResult>(Func<ReplicatedReader, TResult> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        CheckNotInside();
        lock (_lock) return read(new ReplicatedReader(this));
    }

    /// <summary>
    /// Runs a transaction at once and gives its checkpoint to the caller, who must hand it on: for a service that
    /// answers requests in its own turns. If the function throws, nothing has happened.
    /// </summary>
    /// <param name="argument">For the function.</param>
    /// <param name="change">What is done.</param>
    /// <param name="checkpoint">For all other providers; empty if nothing changed.</param>
    /// <returns>What the function returned; not yet committed.</returns>
    internal TResult Execute<TArgument, TResult>(
        TArgument argument,
        Func<ReplicatedTransaction, TArgument, TResult> change,
        out ReadOnlyMemory<byte> checkpoint)
    {
        CheckNotInside();
        lock (_lock)
        {
            try
            {
                var result = change(new ReplicatedTransaction(_open), argument);
                checkpoint = _open.HasChanges ? _open.ToCheckpoint() : default;
                _open.Keep();
                return result;
            }
            catch
            {
                _open.Undo();
                throw;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync(Action<ReplicatedTransaction> change, CancellationToken cancellationToken)
    {
        await RunAsync(change, Run, cancellationToken);

        static bool Run(ReplicatedTransaction tx, Action<ReplicatedTransaction> change)
        {
            change(tx);
            return true;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> RunAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReplicatedTransaction, TArgument, TResult> change,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sink = Leading();
        var run = TransactionRun<TArgument, TResult>.Of(this, argument, change, cancellationToken);
        var commit = sink.CheckpointAsync(run.Make);
        if (commit.IsCompleted || !cancellationToken.CanBeCanceled) await commit;
        else await commit.AsTask().WaitAsync(cancellationToken);

        // What it saw or refused may rest on changes that are not committed yet ("there is such an order").
        if (!run.HasChanged) await ConfirmAsync(sink, cancellationToken);
        return run.End();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> ConfirmedAsync<TResult>(
        Func<ReplicatedReader, TResult> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sink = Leading();
        TResult result;
        try
        {
            lock (_lock) result = read(new ReplicatedReader(this));
        }
        catch
        {
            // "There is no such order" is an answer, too.
            await ConfirmAsync(sink, cancellationToken);
            throw;
        }

        await ConfirmAsync(sink, cancellationToken);
        return result;
    }

    private static ValueTask ConfirmAsync(ICheckpointSink sink, CancellationToken cancellationToken)
    {
        var confirmation = sink.ConfirmAsync();
        return confirmation.IsCompleted || !cancellationToken.CanBeCanceled
            ? confirmation
            : new ValueTask(confirmation.AsTask().WaitAsync(cancellationToken));
    }

    private ICheckpointSink Leading()
    {
        lock (_lock) return _sink ?? throw new NotPrimaryException(_service, _primary);
    }

    private void CheckNotInside()
    {
        if (_lock.IsHeldByCurrentThread)
            throw new InvalidOperationException(
                "A transaction or read cannot begin inside another one of the same state. Pass on the one there is.");
    }
}
