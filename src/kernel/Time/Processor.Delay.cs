namespace Commence.Smp;

public sealed partial class Processor
{
    /// <summary>Turns of the delay loop in a tick (Linux: <c>loops_per_jiffy</c> of this processor); 0 before it is online.</summary>
    public ulong LoopsPerTick { get; internal set; }
}
