namespace Understudy.Replication;
