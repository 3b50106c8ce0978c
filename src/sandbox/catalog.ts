/** The stand-in's nodes, instance types and account. */

export type SandboxNode = { readonly id: number; readonly name: string; readonly region: string };

export const NODES: readonly SandboxNode[] = [
  { id: 18, name: "prod10", region: "eu-west" },
  { id: 17, name: "prod9", region: "us-west" },
  { id: 21, name: "prod12", region: "us-east" },
];

/** The domain of the gateway in front of a node, as on the real platform. */
export const baseDomainOf = (node: SandboxNode): string => `dstack-pha-${node.name}.phala.network`;

export type SandboxInstanceType = {
  readonly id: string;
  readonly vcpu: number;
  readonly memoryMb: number;
  readonly hourlyRate: string;
};

export const INSTANCE_TYPES: readonly SandboxInstanceType[] = [
  { id: "tdx.small", vcpu: 1, memoryMb: 2048, hourlyRate: "0.058" },
  { id: "tdx.medium", vcpu: 2, memoryMb: 4096, hourlyRate: "0.116" },
  { id: "tdx.large", vcpu: 4, memoryMb: 8192, hourlyRate: "0.232" },
  { id: "tdx.xlarge", vcpu: 8, memoryMb: 16_384, hourlyRate: "0.464" },
  { id: "tdx.2xlarge", vcpu: 16, memoryMb: 32_768, hourlyRate: "0.928" },
  { id: "tdx.4xlarge", vcpu: 32, memoryMb: 65_536, hourlyRate: "1.856" },
  { id: "tdx.8xlarge", vcpu: 64, memoryMb: 131_072, hourlyRate: "3.712" },
];

/** Defaults for every required input of `--sandbox`. */
export const SANDBOX_EXAMPLES = {
  clusterName: "sandbox-cluster",
  awsAccessKeyId: "AKIASANDBOXEXAMPLE00",
  awsSecretAccessKey: "q7Zs/made+up+secret+of+the+sandbox+00000",
} as const;
