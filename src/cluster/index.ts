export { findCluster, listClusters, startCluster, stopCluster } from "./cluster.js";
export { BUSYBOX_IMAGE } from "./images/busybox.js";
export { demoAgentImage, DEMO_AGENT_IMAGE } from "./images/demo-agent.js";
export { nodeImage } from "./images/node-image.js";
export { startOperator } from "./operator.js";
export { installOperatorPods } from "./pods.js";
export { ClusterRunningError } from "./options.js";
export type { Cluster, ClusterOptions } from "./options.js";
export type { ClusterState, NodeMode } from "./state.js";
