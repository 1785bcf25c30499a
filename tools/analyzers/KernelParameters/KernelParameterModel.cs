// What is known of a kernel parameter, in a form that generators can compare between runs.
namespace Commence.Analyzers.KernelParameters;

/// <summary>A parameter.</summary>
/// <param name="Values">The values it takes, as people write them.</param>
/// <param name="Initial">What holds without it; empty if that cannot be said in a word.</param>
/// <param name="Source">Where it is declared, from the root of the repository.</param>
/// <param name="Member">"Type.Member".</param>
/// <param name="Body">The statements of the setter, separated by line breaks; empty for one of another assembly.</param>
/// <param name="Thunk">The public method by which the image reaches it, in full.</param>
/// <param name="Place">Where it stands; null for one of another assembly.</param>
internal sealed record ParameterModel(
    string Name, bool IsEarly, string Kind, string Values, string Unit, string Initial, string Help, string Source, string Member,
    string Body, string Thunk, Place? Place);

/// <summary>How the values of a parameter are read.</summary>
/// <param name="Kind">As in <c>KernelParameterRecordAttribute.Kind</c>.</param>
/// <param name="Body">The statements of the setter.</param>
internal sealed record ValueReading(string Kind, string Values, string Body);

/// <summary>What reading one mark gave.</summary>
internal sealed record ParameterReading(ParameterModel? Parameter, Finding? Finding);
