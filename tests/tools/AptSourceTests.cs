using System.Linq;
using Commence.Cli.Host;
using Xunit;

namespace Commence.ToolTests;

public sealed class AptSourceTests
{
    [Fact]
    public void ReadsStanzas()
    {
        const string Text = """
            Types: deb
            # a snapshot
            URIs: http://mirror.test/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb-src
            URIs: http://mirror.test/debian
            Suites: bookworm
            Components: main

            Types: deb
            Enabled: no
            URIs: http://mirror.test/other
            Suites: bookworm
            Components: main
            """;

        AptSource[] sources = [.. AptSource.Parse("debian.sources", Text)];

        Assert.Equal(["bookworm", "bookworm-updates"], sources.Select(source => source.Suite));
        Assert.All(sources, source => Assert.Equal("http://mirror.test/debian", source.Uri));
        Assert.Equal(["main", "contrib"], sources[0].Components);
        Assert.Equal("/usr/share/keyrings/debian-archive-keyring.gpg", sources[0].SignedBy);
    }

    [Fact]
    public void KeepsAKeyThatIsGivenAsText()
    {
        const string Text = "Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n" +
            "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS\n -----END PGP PUBLIC KEY BLOCK-----\n";

        AptSource source = Assert.Single(AptSource.Parse("debian.sources", Text));

        Assert.Equal("mirror+file:/etc/apt/mirrors/debian.list", source.Uri);
        Assert.Equal("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS\n -----END PGP PUBLIC KEY BLOCK-----", source.SignedBy);
    }

    [Fact]
    public void ReadsLines()
    {
        const string Text = """
            # deb http://mirror.test/old bullseye main
            deb http://mirror.test/debian bookworm main non-free-firmware # the release
            deb [arch=amd64 signed-by=/etc/apt/keyrings/k.gpg] https://mirror.test/security bookworm-security main
            deb-src http://mirror.test/debian bookworm main
            """;

        AptSource[] sources = [.. AptSource.Parse("sources.list", Text)];

        Assert.Equal(2, sources.Length);
        Assert.Equal(new AptSource("http://mirror.test/debian", "bookworm", sources[0].Components, ""), sources[0]);
        Assert.Equal(["main", "non-free-firmware"], sources[0].Components);
        Assert.Equal("/etc/apt/keyrings/k.gpg", sources[1].SignedBy);
        Assert.Equal("bookworm-security", sources[1].Suite);
    }

    [Fact]
    public void IgnoresFilesThatAptIgnores() =>
        Assert.Empty(AptSource.Parse("debian.sources.disabled", "Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\nComponents: main\n"));
}
