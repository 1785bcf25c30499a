using System;
using System.Collections.Generic;
using System.Linq;
using Commence.Cli.Host;
using Xunit;

namespace Commence.ToolTests;

public sealed class InstallPlanTests
{
    private static readonly OsRelease s_bookworm = new("debian", "bookworm", "Debian GNU/Linux 12 (bookworm)");
    private static readonly OsRelease s_trixie = new("debian", "trixie", "Debian GNU/Linux 13 (trixie)");
    private static readonly OsRelease s_noble = new("ubuntu", "noble", "Ubuntu 24.04 LTS");

    private static readonly AptSource s_release = new("http://mirror.test/debian", "bookworm", ["main"], "/usr/share/keyrings/k.gpg");
    private static readonly AptSource s_backports = s_release with { Suite = "bookworm-backports" };

    [Fact]
    public void WhatTheReleaseOffersIsInstalledInOneStep()
    {
        InstallPlan plan = Plan([Tool.Assembler, Tool.Linker, Tool.Emulator], s_trixie, [], ("qemu-system-x86", "1:10.0.2+ds-2", "trixie"), ("clang-19", "1:19.1.7-3", "trixie"), ("lld-19", "1:19.1.7-3", "trixie"));

        Assert.Empty(plan.Problems);
        Assert.Equal(
            "sudo apt-get install --no-install-recommends clang-19 lld-19 qemu-system-x86 qemu-system-data seabios",
            Assert.Single(plan.Steps).ToShell());
    }

    [Fact]
    public void WhatDiscsNeedIsOfEveryReleaseAndInstalledByName()
    {
        (string, string, string)[] offers = [.. Tool.Optional.Select(tool => (tool.Packages[0], "2.06-13", "bookworm"))];
        InstallPlan plan = Plan(Tool.Optional, s_bookworm, [s_release], offers);

        Assert.Empty(plan.Problems);
        Assert.Equal(
            "sudo apt-get install --no-install-recommends grub-common xorriso mtools grub-pc-bin grub-efi-amd64-bin ovmf",
            Assert.Single(plan.Steps).ToShell());
    }

    [Fact]
    public void Debian12GetsQemuFromBackportsDerivedFromItsOwnSource()
    {
        InstallPlan plan = Plan([Tool.Emulator], s_bookworm, [s_release], ("qemu-system-x86", "1:7.2+dfsg-7+deb12u18", "bookworm"));

        Assert.Empty(plan.Problems);
        Assert.Equal(
            [
                "sudo tee /etc/apt/sources.list.d/commence-backports.sources <<'END'\nTypes: deb\nURIs: http://mirror.test/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg\nEND",
                "sudo apt-get update",
                "sudo apt-get install --no-install-recommends -t bookworm-backports qemu-system-x86 qemu-system-data seabios",
            ],
            plan.Steps.Select(step => step.ToShell()));
    }

    [Fact]
    public void BackportsThatAreThereAreUsed()
    {
        InstallPlan plan = Plan([Tool.Emulator], s_bookworm, [s_release, s_backports],
            ("qemu-system-x86", "1:10.0.2+ds-2~bpo12+1", "bookworm-backports"), ("qemu-system-x86", "1:7.2+dfsg-7", "bookworm"));

        Assert.Empty(plan.Problems);
        Assert.Contains("-t bookworm-backports", Assert.Single(plan.Steps).ToShell());
    }

    [Fact]
    public void BackportsWithoutTheVersionAreAProblem()
    {
        InstallPlan plan = Plan([Tool.Emulator], s_bookworm, [s_release, s_backports], ("qemu-system-x86", "1:7.2+dfsg-7", "bookworm"));

        Assert.Empty(plan.Steps);
        Assert.Contains("9 or newer", Assert.Single(plan.Problems));
    }

    [Fact]
    public void WithoutASourceOfTheReleaseThereIsNothingToDeriveFrom()
    {
        InstallPlan plan = Plan([Tool.Emulator], s_bookworm, [], ("qemu-system-x86", "1:7.2+dfsg-7", "bookworm"));

        Assert.Empty(plan.Steps);
        Assert.Contains("bookworm-backports", Assert.Single(plan.Problems));
    }

    [Fact]
    public void AReleaseThatIsTooOldIsAProblemThatNamesWhatItOffers()
    {
        InstallPlan plan = Plan([Tool.Emulator, Tool.Busybox], s_noble, [], ("qemu-system-x86", "1:8.2.2+ds-0ubuntu1", "noble"), ("busybox-static", "1:1.36.1-6", "noble"));

        Assert.Contains("1:8.2.2+ds-0ubuntu1", Assert.Single(plan.Problems));
        Assert.Equal("sudo apt-get install --no-install-recommends busybox-static", Assert.Single(plan.Steps).ToShell());
    }

    [Fact]
    public void WithEmptyPackageListsThePlanIsTheLikelyOne()
    {
        InstallPlan old = InstallPlan.Make([Tool.Linker, Tool.Emulator], s_bookworm, [s_release], static _ => null);
        InstallPlan current = InstallPlan.Make([Tool.Linker, Tool.Emulator], s_trixie, [], static _ => null);

        Assert.Equal(4, old.Steps.Count); // the source, update, QEMU, the rest
        Assert.Single(current.Steps);
        Assert.Empty(old.Problems);
        Assert.Empty(current.Problems);
    }

    [Fact]
    public void TheUnattendedFormAsksNothing()
    {
        string command = string.Join(' ', InstallStep.Update.Unattended);

        Assert.StartsWith("env DEBIAN_FRONTEND=noninteractive apt-get ", command);
        Assert.Contains(" -y ", command);
        Assert.EndsWith(" update", command);
    }

    [Fact]
    public void OffersAreReadFromMadison()
    {
        const string Text = """
             qemu-system-x86 | 1:10.0.2+ds-2+deb13u1~bpo12+1 | http://mirror.test/debian bookworm-backports/main amd64 Packages
             qemu-system-x86 | 1:7.2+dfsg-7+deb12u18+b3 | http://mirror.test/debian bookworm/main amd64 Packages
             qemu | 1:7.2+dfsg-7 | http://mirror.test/debian bookworm/main Sources
            """;

        IReadOnlyList<PackageOffer> offers = PackageOffer.ParseMadison(Text);

        Assert.Equal([10, 7], offers.Select(offer => offer.Major));
        Assert.Equal([true, false], offers.Select(offer => offer.IsBackport));
    }

    [Fact]
    public void TheDistributionIsReadFromOsRelease() => Assert.Equal(
        s_bookworm,
        OsRelease.Parse("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_CODENAME=bookworm\n"));

    private static InstallPlan Plan(IReadOnlyList<Tool> missing, OsRelease os, IReadOnlyList<AptSource> sources, params (string Package, string Version, string Suite)[] offers)
    {
        IReadOnlyList<PackageOffer> Offers(string package) =>
            [.. offers.Where(offer => offer.Package == package).Select(offer => new PackageOffer(offer.Version, offer.Suite))];
        return InstallPlan.Make(missing, os, sources, Offers);
    }
}
