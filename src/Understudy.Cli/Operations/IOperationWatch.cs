using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>Finds in the status how far one operation is.</summary>
internal interface IOperationWatch
{
    Progress Look(StatusDocument status);
}
