// What memory management keeps for each processor.
using Commence.Mm;

namespace Commence.Smp;

public sealed partial class Processor
{
    // Whose root it has loaded; null: the kernel's own. Written by itself in AddressSpace.Switch, atomically, and by whoever
    // takes that address space down.
    internal AddressSpace? LoadedSpace;
}
