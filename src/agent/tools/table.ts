import { getArtifact, listArtifacts, putArtifact } from './artifactTools';
import { getInstruction, listInstructions, putInstruction } from './instructionTools';
import { getCacheStats, invalidate, pruneCache } from './maintenanceTools';
import { getProjectSummary, getSummary, putProjectSummary } from './summaryTools';
import type { AgentTool } from './tool';

/** Every tool, in the order in which every client sees them. A change here breaks prompt caches once. */
export const agentTools: readonly AgentTool[] = [
  putInstruction,
  getInstruction,
  listInstructions,
  putArtifact,
  getArtifact,
  listArtifacts,
  putProjectSummary,
  getProjectSummary,
  getSummary,
  getCacheStats,
  pruneCache,
  invalidate,
];
