namespace Dmvpn.Management.Config;

/// <summary>
/// A list with a key for each item, in the order in which the keys came: adding, changing and removing take the same time
/// however long it is, so that reading a file takes time in proportion to its length.
/// </summary>
/// <param name="comparer">When two keys are the same; null: when they are equal.</param>
internal sealed class KeyedList<TKey, T>(IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
    where T : class
{
    private readonly Dictionary<TKey, int> _places = new(comparer);
    private readonly List<T?> _items = [];

    /// <summary>The items in order.</summary>
    public IEnumerable<T> Items => _items.OfType<T>();

    /// <summary>The item of a key; null when there is none.</summary>
    public T? Find(TKey key) => _places.TryGetValue(key, out int place) ? _items[place] : null;

    /// <summary>Adds an item, or puts it in the place of the one with its key.</summary>
    public void Set(TKey key, T item)
    {
        if (_places.TryGetValue(key, out int place))
        {
            _items[place] = item;
            return;
        }
        _places[key] = _items.Count;
        _items.Add(item);
    }

    /// <summary>Takes an item out; nothing happens when there is none.</summary>
    public void Remove(TKey key)
    {
        if (_places.Remove(key, out int place)) _items[place] = null;
    }
}
