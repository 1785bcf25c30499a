// Reads what `ilc --map` writes: one element for each piece of the object file, with its name and length.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Xml;

namespace Commence.ImageTool.Checks;

/// <summary>The parts of the map that the checks need.</summary>
internal sealed class IlcMap
{
    private IlcMap(IReadOnlyDictionary<string, int> methods, int eagerConstructors, int gcStatics)
    {
        Methods = methods;
        EagerConstructorBytes = eagerConstructors;
        GcStaticBytes = gcStatics;
    }

    /// <summary>Compiled methods by symbol, with their length in bytes.</summary>
    public IReadOnlyDictionary<string, int> Methods { get; }

    /// <summary>The list of static constructors to run at start; must be empty.</summary>
    public int EagerConstructorBytes { get; }

    /// <summary>The list of blocks of static references, which boot code initialises.</summary>
    public int GcStaticBytes { get; }

    public static IlcMap Load(string path)
    {
        Dictionary<string, int> methods = new(StringComparer.Ordinal);
        int eagerConstructors = 0, gcStatics = 0;
        try
        {
            using XmlReader reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element || reader.GetAttribute("Name") is not { } name)
                    continue;
                int length = int.TryParse(reader.GetAttribute("Length"), CultureInfo.InvariantCulture, out int value) ? value : 0;
                if (reader.Name == "MethodCode")
                    methods[name] = length;
                else if (name == "__EagerCctor")
                    eagerConstructors = length;
                else if (name == "__GCStaticRegion")
                    gcStatics = length;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or XmlException)
        {
            throw new BadInputException($"cannot read the map {path}: {error.Message}");
        }
        if (methods.Count == 0)
            throw new BadInputException($"{path} names no compiled method: it is not what ilc --map writes");
        return new IlcMap(methods, eagerConstructors, gcStatics);
    }
}
