// What the core library's files use of its other, compiler-bound files: the same on the host.
using System.Runtime.CompilerServices;

namespace System.UnderTest
{
    [AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Class)]
    internal sealed class IntrinsicAttribute : Attribute
    {
    }

#pragma warning disable CS0649 // an array is looked at through it
    internal sealed class RawArrayData
    {
        public uint Length;
        public uint Padding;
        public byte Data;
    }
#pragma warning restore CS0649

    // The kernel's are assembly: rep movsb in the right direction, rep stosb.
    internal static class SpanHelpers
    {
        internal static void Memmove(ref byte destination, ref byte source, nuint length) =>
            System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref source, (int)length)
                .CopyTo(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref destination, (int)length));

        internal static void ClearWithoutReferences(ref byte destination, nuint length) =>
            System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref destination, (int)length).Clear();

        internal static void Fill(ref byte destination, byte value, nuint length) =>
            System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref destination, (int)length).Fill(value);
    }
}

namespace Internal.Runtime.CompilerHelpers
{
    // The kernel's are assembly that panics with the name of the method that failed.
    internal static class ThrowHelpers
    {
        internal static void ThrowIndexOutOfRangeException() => throw new System.IndexOutOfRangeException();

        internal static void ThrowOverflowException() => throw new System.OverflowException();

        internal static void ThrowInvalidOperation() => throw new System.InvalidOperationException();
    }
}
