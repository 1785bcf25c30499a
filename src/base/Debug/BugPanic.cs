// What a failed assertion does in the running kernel: panic. (The hosted build registers a hook of its own.)
namespace Commence.Debug;

/// <summary>Turns failed assertions into panics.</summary>
public sealed class BugPanic : PanicHook
{
    /// <inheritdoc/>
    public override void OnBug(string what, string member, int line) =>
        Panic.Now($"kernel BUG in {member}, line {line}: {what}");
}
