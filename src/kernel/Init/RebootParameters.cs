// How the machine is to be started anew: reboot=.
//
//   reboot=warm,pci,force     words in any order, between commas; each by its first letter or in full, as in Linux
//
// Source: Linux Documentation/admin-guide/kernel-parameters.txt (reboot=).
using System;

namespace Commence.Init;

/// <summary>What restarts the machine.</summary>
public enum RebootWay
{
    /// <summary>The reset register that the FADT names.</summary>
    Acpi,

    /// <summary>The reset line of the keyboard controller.</summary>
    Keyboard,

    /// <summary>The reset control register of the chipset, at 0xCF9.</summary>
    Pci,

    /// <summary>A fault that cannot be reported, by which a processor gives up.</summary>
    TripleFault,
}

/// <summary>What <c>reboot=</c> says.</summary>
public static class RebootParameters
{
    /// <summary>The way that is tried first.</summary>
    public static RebootWay Way { get; private set; }

    /// <summary>Firmware is asked to pass over its tests of memory.</summary>
    public static bool IsWarm { get; private set; }

    /// <summary>The other processors are not stopped first.</summary>
    internal static bool IsForced { get; private set; }

    /// <summary>Reads the parameter.</summary>
    /// <returns>False if a word is not known; those before it hold.</returns>
    [KernelParameter("reboot", Syntax = "[warm | cold][,acpi | ,kbd | ,pci | ,triple][,force]", Early = true,
        Help = "how the machine is restarted; the other ways follow if that one fails. force: without stopping the other processors")]
    internal static bool Set(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty)
        {
            int comma = value.IndexOf((byte)',');
            ReadOnlySpan<byte> word = comma < 0 ? value : value[..comma];
            value = comma < 0 ? default : value[(comma + 1)..];
            if (!word.IsEmpty && !SetWord(word))
                return false;
        }

        return true;
    }

    /// <summary>As if nothing had been said.</summary>
    internal static void Reset()
    {
        Way = RebootWay.Acpi;
        IsWarm = false;
        IsForced = false;
    }

    private static bool SetWord(ReadOnlySpan<byte> word)
    {
        if (Is(word, "acpi"u8))
            Way = RebootWay.Acpi;
        else if (Is(word, "kbd"u8))
            Way = RebootWay.Keyboard;
        else if (Is(word, "pci"u8) || word.SequenceEqual("cf9"u8))
            Way = RebootWay.Pci;
        else if (Is(word, "triple"u8))
            Way = RebootWay.TripleFault;
        else if (Is(word, "warm"u8))
            IsWarm = true;
        else if (Is(word, "cold"u8) || Is(word, "hard"u8))
            IsWarm = false;
        else if (Is(word, "force"u8))
            IsForced = true;
        else
            return Refuse(word);
        return true;
    }

    // What Linux knows and this kernel cannot do is said; the machine is restarted in another way then.
    private static bool Refuse(ReadOnlySpan<byte> word)
    {
        if (Is(word, "bios"u8))
            Printk.Warning($"reboot=bios is not supported: it needs 16-bit mode");
        else if (Is(word, "efi"u8))
            Printk.Warning($"reboot=efi is not supported: EFI's runtime services are not used");
        else
            return false;
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) =>
        word.SequenceEqual(name) || (word.Length == 1 && word[0] == name[0]);
}
