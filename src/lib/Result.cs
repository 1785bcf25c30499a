// A value, or the reason why there is none.
//
// default(Result<T>) is success with default(T), as in every all-zero structure here.
using Commence.Lib;

namespace Commence;

/// <summary>What a call returns that can fail in more than one way.</summary>
[MustUse]
public readonly struct Result<T>
{
    private readonly T _value;
    private readonly Errno _error;

    private Result(T value, Errno error)
    {
        _value = value;
        _error = error;
    }

    /// <summary>The reason, or <see cref="Errno.None"/> after success.</summary>
    public Errno Error => _error;

    /// <summary>There is a value.</summary>
    public bool IsOk => _error == Errno.None;

    /// <summary>The value.</summary>
    /// <remarks>Context: any. Fails: misuse if there is none; ask <see cref="IsOk"/> first.</remarks>
    public T Value
    {
        get
        {
            Misuse.On(_error != Errno.None);
            return _value;
        }
    }

    /// <summary>Hands out the value if there is one.</summary>
    public bool TryGet(out T value)
    {
        value = _value;
        return IsOk;
    }

    /// <summary>Success.</summary>
    public static implicit operator Result<T>(T value) => new(value, Errno.None);

    /// <summary>Failure.</summary>
    /// <remarks>Fails: misuse for <see cref="Errno.None"/>, which would be a success without a value.</remarks>
    public static implicit operator Result<T>(Errno error)
    {
        Misuse.On(error == Errno.None);
        return new Result<T>(default!, error);
    }
}

/// <summary>Results that say only that it worked.</summary>
/// <remarks>In <c>isDone ? 0L : Errno.EFAULT</c> the compiler takes the constant zero for <see cref="Errno.None"/>: hence a
/// zero that is a result.</remarks>
public static class Result
{
    /// <summary>Success with the value 0.</summary>
    public static Result<long> Zero => default;

    /// <summary>Success with the value 0, or the error.</summary>
    public static Result<long> From(Errno error) => error == Errno.None ? default(Result<long>) : error;
}
