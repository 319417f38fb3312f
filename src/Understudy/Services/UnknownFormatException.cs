using Understudy.Kernel;

namespace Understudy.Services;

/// <summary>A service's code was given bytes of a format that a later version of it made.</summary>
internal sealed class UnknownFormatException(ServiceName service, string what, int format, IReplicatedService code)
    : Exception(
        $"{what} of {service} has format {format}, and this node's program knows formats up to "
        + $"{code.CheckpointFormat}. Start the node with a program that knows it");
