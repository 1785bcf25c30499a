// BCL interfaces that generic code constrains on. They are implemented by structs and resolved at compile time.
namespace System;

public interface IDisposable
{
    void Dispose();
}

public interface IEquatable<T>
    where T : allows ref struct
{
    bool Equals(T other);
}

public interface IComparable<in T>
    where T : allows ref struct
{
    int CompareTo(T? other);
}
