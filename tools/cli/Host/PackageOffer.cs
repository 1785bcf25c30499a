// A version of a package that a source offers.
//
//   $ apt-cache madison qemu-system-x86
//   qemu-system-x86 | 1:10.0.2+ds-2~bpo12+1 | http://… bookworm-backports/main amd64 Packages
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Commence.Cli.Host;

/// <summary>One offer.</summary>
/// <param name="Version">The package's version, such as <c>1:10.0.2+ds-2</c>.</param>
/// <param name="Suite">The suite that has it.</param>
internal sealed record PackageOffer(string Version, string Suite)
{
    /// <summary>Whether the suite is one that apt takes nothing from unasked.</summary>
    internal bool IsBackport => Suite.EndsWith("-backports", StringComparison.Ordinal);

    /// <summary>The major version, without the epoch.</summary>
    internal int Major
    {
        get
        {
            string upstream = Version[(Version.IndexOf(':') + 1)..];
            string digits = new([.. upstream.TakeWhile(char.IsAsciiDigit)]);
            return int.TryParse(digits, CultureInfo.InvariantCulture, out int major) ? major : 0;
        }
    }

    /// <summary>Reads the answer of <c>apt-cache madison</c>.</summary>
    internal static IReadOnlyList<PackageOffer> ParseMadison(string text)
    {
        List<PackageOffer> offers = [];
        foreach (string line in text.Split('\n'))
        {
            string[] columns = line.Split('|', StringSplitOptions.TrimEntries);
            if (columns.Length == 3 && columns[2].Split(' ') is [_, string suite, .., "Packages"])
                offers.Add(new PackageOffer(columns[1], suite.Split('/')[0]));
        }
        return offers;
    }
}
