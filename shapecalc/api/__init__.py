"""What `import shapecalc` offers: plan and layer."""
