// What to do so that a host has what is missing: a pure function of what is missing, the distribution, its sources and
// the versions they offer. Installer carries it out, or prints it for somebody who may.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Commence.Cli.Host;

/// <summary>The steps, and what no step can bring.</summary>
internal sealed record InstallPlan(IReadOnlyList<InstallStep> Steps, IReadOnlyList<string> Problems)
{
    private const string BackportsFile = "/etc/apt/sources.list.d/commence-backports.sources";

    // For somebody who may not read the package lists anew, and whose lists are empty.
    private static readonly string[] s_releasesThatNeedBackports = ["bookworm"];

    /// <summary>Plans.</summary>
    /// <param name="missing">The tools to install.</param>
    /// <param name="os">The distribution.</param>
    /// <param name="sources">The sources that its apt knows.</param>
    /// <param name="offers">The versions of a package that those sources offer; null if nobody knows.</param>
    internal static InstallPlan Make(
        IReadOnlyList<Tool> missing, OsRelease os, IReadOnlyList<AptSource> sources, Func<string, IReadOnlyList<PackageOffer>?> offers)
    {
        List<InstallStep> steps = [];
        List<string> problems = [];
        List<string> plain = [];
        foreach (Tool tool in missing)
        {
            IReadOnlyList<PackageOffer>? offered = offers(tool.Packages[0]);
            PackageOffer? usual = Newest(offered?.Where(static offer => !offer.IsBackport) ?? []);
            bool isOffered = offered is null
                ? tool.VersionMin == 0 || !s_releasesThatNeedBackports.Contains(os.Codename)
                : usual is not null && usual.Major >= tool.VersionMin;
            if (isOffered)
                plain.AddRange(tool.Packages);
            else if (os.Id == "debian" && os.Codename.Length > 0 && tool.VersionMin > 0)
                PlanBackport(tool, os, sources, offered, steps, problems);
            else
                problems.Add(Lacks(tool, os, usual));
        }
        if (plain.Count > 0)
            steps.Add(InstallStep.Install([], plain));
        return new InstallPlan(steps, problems);
    }

    // Debian keeps newer versions for a release in its "backports" suite, at the same place as the release itself.
    private static void PlanBackport(
        Tool tool, OsRelease os, IReadOnlyList<AptSource> sources, IReadOnlyList<PackageOffer>? offered,
        List<InstallStep> steps, List<string> problems)
    {
        string suite = os.Codename + "-backports";
        if (!sources.Any(source => source.Suite == suite))
        {
            AptSource? release = sources.FirstOrDefault(source => source.Suite == os.Codename && source.Components.Contains("main"));
            if (release is null)
            {
                problems.Add($"{tool.Name}: apt has no source for {os.Codename} main from which to derive {suite}");
                return;
            }
            steps.Add(InstallStep.Write(BackportsFile, Stanza(release, suite)));
            steps.Add(InstallStep.Update);
        }
        else if (offered is not null && !offered.Any(offer => offer.IsBackport && offer.Major >= tool.VersionMin))
        {
            problems.Add(Lacks(tool, os, Newest(offered)));
            return;
        }
        steps.Add(InstallStep.Install(["-t", suite], tool.Packages));
    }

    private static string Stanza(AptSource release, string suite)
    {
        string signedBy = release.SignedBy.Length > 0 ? $"Signed-By: {release.SignedBy}\n" : "";
        return $"Types: deb\nURIs: {release.Uri}\nSuites: {suite}\nComponents: main\n{signedBy}";
    }

    private static PackageOffer? Newest(IEnumerable<PackageOffer> offers) => offers.MaxBy(static offer => offer.Major);

    private static string Lacks(Tool tool, OsRelease os, PackageOffer? best)
    {
        string wanted = tool.VersionMin > 0 ? $" {tool.VersionMin} or newer" : "";
        string offered = best is null ? "does not offer it" : $"offers {best.Version}";
        return $"{tool.Name}: package {tool.Packages[0]}{wanted} is needed; {os.PrettyName} {offered}";
    }
}
