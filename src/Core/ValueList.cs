using System.Collections;
using System.Runtime.CompilerServices;

namespace Dmvpn.Core;

/// <summary>
/// An immutable list that is equal to another one with equal items in the same order, so that configuration records
/// compare by value and a reload can tell what changed. Made by a collection expression.
/// </summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    /// <summary>The list with nothing in it.</summary>
    public static readonly ValueList<T> Empty = new([]);

    // Lists that grew from each other share an array: each sees its first items, and only one may take the place behind them.
    private readonly Storage _storage;

    internal ValueList(T[] items)
        : this(new Storage(items, items.Length), items.Length)
    {
    }

    private ValueList(Storage storage, int count) => (_storage, Count) = (storage, count);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public T this[int index] => index < Count ? _storage.Items[index] : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>The list with one more item at its end; many in a row take time in proportion to their number.</summary>
    public ValueList<T> Add(T item)
    {
        if (_storage.TryTake(Count))
        {
            _storage.Items[Count] = item;
            return new(_storage, Count + 1);
        }
        var items = new T[Math.Max(4, Count * 2)];
        AsSpan().CopyTo(items);
        items[Count] = item;
        return new(new Storage(items, Count + 1), Count + 1);
    }

    /// <summary>The list without the items that <paramref name="match"/> finds; itself when there is none.</summary>
    public ValueList<T> RemoveAll(Predicate<T> match)
    {
        foreach (T item in AsSpan())
            if (match(item)) return new(Array.FindAll(AsSpan().ToArray(), one => !match(one)));
        return this;
    }

    /// <summary>The items as a span.</summary>
    public ReadOnlySpan<T> AsSpan() => _storage.Items.AsSpan(0, Count);

    /// <inheritdoc/>
    public bool Equals(ValueList<T>? other) =>
        ReferenceEquals(this, other) || other is not null && AsSpan().SequenceEqual(other.AsSpan(), EqualityComparer<T>.Default);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (T item in AsSpan()) hash.Add(item);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return _storage.Items[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>An array, and how many of its places are taken by some list.</summary>
    private sealed class Storage(T[] items, int taken)
    {
        private int _taken = taken;

        public T[] Items => items;

        /// <summary>Takes the place <paramref name="index"/> when it is the first free one.</summary>
        public bool TryTake(int index) => index < items.Length && Interlocked.CompareExchange(ref _taken, index + 1, index) == index;
    }
}

/// <summary>Makes <see cref="ValueList{T}"/>s.</summary>
public static class ValueList
{
    /// <summary>A list of these items.</summary>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => items.IsEmpty ? ValueList<T>.Empty : new(items.ToArray());
}
