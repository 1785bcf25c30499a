namespace Commence.Lib;

/// <summary>A value that can write itself as text. Structs implement it, so that calls are direct and nothing is boxed.</summary>
public interface ITextFormattable
{
    /// <summary>Appends the value.</summary>
    /// <remarks>Context: any, NMI included: an implementation takes no lock and allocates nothing.</remarks>
    void Format(ref TextWriter text);
}
