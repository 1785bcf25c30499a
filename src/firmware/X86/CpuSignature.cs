// Who made a processor, and which one it is.
// Source: SDM Vol 2A, CPUID, "Version Information" (Figure 3-6); AMD APM Vol 3, Fn0000_0001_EAX.
using System;

namespace Commence.Firmware.X86;

/// <summary>A maker of x86 processors.</summary>
public enum CpuVendor : byte
{
    Unknown,
    Intel,
    Amd,
    Hygon,
    Centaur,
    Zhaoxin,
}

/// <summary>Maker, family, model and stepping.</summary>
public readonly struct CpuSignature : IEquatable<CpuSignature>
{
    private readonly uint _version;

    /// <param name="vendorWord">EBX of leaf 0: the first four letters of the maker's name.</param>
    /// <param name="version">EAX of leaf 1.</param>
    public CpuSignature(uint vendorWord, uint version)
    {
        _version = version;
        Vendor = vendorWord switch
        {
            0x756E_6547 => CpuVendor.Intel,   // Genu
            0x6874_7541 => CpuVendor.Amd,     // Auth
            0x6F67_7948 => CpuVendor.Hygon,   // Hygo
            0x746E_6543 => CpuVendor.Centaur, // Cent
            0x6853_2020 => CpuVendor.Zhaoxin, // two blanks, Sh
            _ => CpuVendor.Unknown,
        };
    }

    public CpuVendor Vendor { get; }

    public bool IsAmdLike => Vendor is CpuVendor.Amd or CpuVendor.Hygon;

    /// <summary>Family, the extended one added where the base family says 15.</summary>
    public uint Family
    {
        get
        {
            uint family = _version >> 8 & 0xF;
            return family == 0xF ? family + (_version >> 20 & 0xFF) : family;
        }
    }

    /// <summary>Model; the extended one counts for families 6 and 15, and all above.</summary>
    public uint Model
    {
        get
        {
            uint model = _version >> 4 & 0xF;
            return Family >= 6 ? model | (_version >> 12 & 0xF0) : model;
        }
    }

    public uint Stepping => _version & 0xF;

    public bool Equals(CpuSignature other) => Vendor == other.Vendor && _version == other._version;
}
