// What a processor says of itself. It writes this itself, once, before it announces that it is alive; others read it afterwards.
using Commence.Arch;
using Commence.Firmware.Cpus;

namespace Commence.Smp;

public sealed partial class Processor
{
    private CpuDescription _description;
    private bool _isDescribed;

    /// <summary>Where it sits. All-zero until it has called in.</summary>
    public CpuPlace Place => _description.Place;

    /// <summary>What it said of itself. Ordered by <see cref="State"/>: valid from Alive on.</summary>
    public ref readonly CpuDescription Description => ref _description;

    /// <summary>It came so far as to say something. Ordered by <see cref="State"/>: valid from Alive on, and if it refused.</summary>
    public bool IsDescribed => _isDescribed;

    /// <summary>The node whose memory is nearest. Written in early boot, before it is started.</summary>
    public int Node { get; internal set; }

    /// <summary>Asks the processor about itself. On itself only.</summary>
    /// <returns>False if it lacks what the kernel uses on all processors: it must not go on.</returns>
    /// <remarks>Context: early boot, AP call-in. IRQs: off.</remarks>
    internal bool TryDescribe()
    {
        CpuInfo.Describe(_hardwareId, out _description);
        _isDescribed = true;
        return _description.IsFit;
    }
}
