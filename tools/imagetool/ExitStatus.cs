namespace Commence.ImageTool;

/// <summary>What the process returns.</summary>
internal static class ExitStatus
{
    /// <summary>All is well.</summary>
    public const int Success = 0;

    /// <summary>A check found something.</summary>
    public const int Violation = 1;

    /// <summary>An input is missing or damaged.</summary>
    public const int BadInput = 2;
}
