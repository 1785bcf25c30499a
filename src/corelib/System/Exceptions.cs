// Exceptions cannot be thrown: `throw` needs a helper that is left out. These names are what the language binds to.
namespace System;

public class Exception
{
    public Exception()
    {
    }

    public Exception(string? message) => _ = message; // never read: nothing can be thrown
}

public sealed class NotSupportedException : Exception
{
    public NotSupportedException(string? message)
        : base(message)
    {
    }
}
