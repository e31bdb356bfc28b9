export { defineConfig, type ConfigContext, type ConfigExport, type DockConfig } from '@dock/core';
