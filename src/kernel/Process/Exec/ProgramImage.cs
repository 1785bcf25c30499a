// What became of a program's file in memory.
namespace Commence.Processes;

/// <summary>Where a program lies.</summary>
internal struct ProgramImage
{
    /// <summary>The program's own first instruction (AT_ENTRY).</summary>
    internal UserAddr Entry;

    /// <summary>The first instruction that runs: the dynamic linker's, if there is one.</summary>
    internal UserAddr Start;

    /// <summary>Where the dynamic linker was put; 0 without one.</summary>
    internal UserAddr InterpreterBase;

    /// <summary>Where the program headers lie.</summary>
    internal UserAddr ProgramHeaders;
    internal int ProgramHeaderCount;

    /// <summary>Where the heap begins.</summary>
    internal UserAddr BreakStart;

    /// <summary>The stack may be executed.</summary>
    internal bool IsStackExecutable;
}

/// <summary>Who a program runs as.</summary>
internal struct ProgramIdentity
{
    internal uint UserId;
    internal uint EffectiveUserId;
    internal uint GroupId;
    internal uint EffectiveGroupId;

    /// <summary>It has rights that its caller has not: it must not trust its environment.</summary>
    internal bool IsSecure;
}
